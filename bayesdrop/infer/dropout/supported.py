"""Which settings and models MC dropout can run, and in words why not."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from bayesdrop.infer.dropout.weight_decay import second_moments
from bayesdrop.likelihood import Gaussian
from bayesdrop.model import Model
from bayesdrop.noise import Noise

if TYPE_CHECKING:
    from bayesdrop.infer.dropout.settings import MCDropout


def check_together(settings: MCDropout) -> None:
    """Raise a ``ValueError`` for settings that are each right and don't go together."""
    s = settings
    if s.weighting == "tail-adaptive" and s.masks == 1:
        raise ValueError(
            'MCDropout(weighting="tail-adaptive") ranks the masks of a step, and masks is 1: '
            "give more, for example masks=10"
        )
    if s.precision_units == "target" and isinstance(s.precision, str):
        raise ValueError(
            f'MCDropout(precision_units="target", precision={s.precision!r}): the units are '
            "those of a number: give precision as one"
        )
    if s.weight_decay == "gal_2018" and (isinstance(s.precision, str) or s.length_scale is None):
        raise ValueError(
            'MCDropout(weight_decay="gal_2018") is r = ℓ² π/(2 N τ) of the 2018 code: '
            "give precision (τ) and length_scale (ℓ) as numbers"
        )
    if s.precision == "weight_decay" and (
        isinstance(s.weight_decay, str) or s.length_scale is None
    ):
        raise ValueError(
            'MCDropout(precision="weight_decay") computes τ = π ℓ² / (2 N r): '
            "give weight_decay (r) and length_scale (ℓ) as numbers"
        )


def why_not(settings: MCDropout, model: Model) -> str | None:
    """``None``, or why the settings can't run the model and what can."""
    if not model.noises:
        return "it has no noise, so every pass would be the same. Use bd.NUTS or bd.SVI"
    for noise in model.noises:
        if reason := _unusable(noise.prior.start):
            where = f" at its start {noise.prior.start}" if noise.parameters else ""
            return f"{noise.name} is {noise.prior},{where} {reason}"
        if noise.parameters and (reason := _untrainable(settings, noise.prior)):
            return f"{noise.name} is {noise.prior}: {reason}"
    gaussian = isinstance(model.likelihood, Gaussian)
    of_2018 = settings.weight_decay == "gal_2018"
    if not gaussian and (of_2018 or settings.precision != "learned"):
        units = ', precision_units="standardised"' if settings.precision_units == "target" else ""
        return (
            'precision and weight_decay="gal_2018" are in terms of the one noise scale of '
            f"bd.Gaussian, which {model.likelihood} does not have: "
            f'use precision="learned"{units} and weight_decay="map" or "gal" or a number'
        )
    if settings.weight_decay == "gal_2018" and not _plain_dropout(model):
        return (
            'weight_decay="gal_2018" is of dropout of units with a rate that is a number: '
            'use bd.ARD(bd.noise.Bernoulli(keep)) with such a keep, or weight_decay="gal"'
        )
    if settings.precision == "learned":
        return None
    if "noise_scale" not in model.likelihood.priors:
        return "its likelihood has no noise scale to learn, so precision must be 'learned'"
    if settings.precision == "weight_decay" and len(set(second_moments(model).values())) > 1:
        return (
            "the noise's E λ² differs between layers, so one weight decay does not determine "
            'one τ; give precision as a number or "learned"'
        )
    return None


def _untrainable(settings: MCDropout, noise: Noise) -> str | None:
    """Why the settings do not train the free parameters of that noise, or ``None``."""
    if settings.weight_decay == "gal" and noise.support != "boolean":
        return 'weight_decay="gal" has a KL term for Bernoulli noise alone. Use weight_decay="map"'
    if settings.precision == "weight_decay":
        return "the precision follows from E λ², which training changes; give it as a number"
    return None


def _plain_dropout(model: Model) -> bool:
    """Say whether every noise is a unit's and Bernoulli, with a number for its keep probability."""
    return all(
        noise.prior.support == "boolean" and noise.sharing == "unit" and not noise.parameters
        for noise in model.noises
    )


def _unusable(noise: Noise) -> str | None:
    if not math.isfinite(noise.second_moment):
        return (
            "whose E λ² is infinite, so passes have no finite variance. Use bd.NUTS or bd.SVI, or "
            "a noise of finite variance, such as bd.noise.InverseNakagami with shape > 1"
        )
    if abs(noise.mean) < 1e-9 * math.sqrt(noise.second_moment):
        return (
            "whose mean is 0, so the average pass says nothing. Use bd.NUTS or bd.SVI, or "
            "mean-one noise: bd.noise.Gaussian(scale, mean=1)"
        )
    return None

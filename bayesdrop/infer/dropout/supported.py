"""Which settings and models MC dropout can run, and in words why not."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from bayesdrop import noise as noises
from bayesdrop.alternatives import methods_for
from bayesdrop.infer.dropout.weight_decay import second_moments
from bayesdrop.likelihood import Gaussian
from bayesdrop.model import Model
from bayesdrop.noise import Noise
from bayesdrop.sites import Variable

if TYPE_CHECKING:
    from bayesdrop.infer.dropout.settings import MCDropout


_DIFFERENTIABLE = (
    *(noises.Bernoulli, noises.Beta, noises.Gaussian, noises.HalfCauchy, noises.HalfNormal),
    *(noises.InverseNakagami, noises.Rayleigh, noises.RegularizedHalfCauchy),
)
"""Noises of which PyTorch has draws with a gradient in the parameters."""


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
        other = methods_for(model, "NUTS", "SVI")
        return f"it has no noise, so every pass would be the same. Use {other}"
    for noise in model.noises:
        if reason := _unusable(noise.prior.start, model):
            where = f" at its start {noise.prior.start}" if noise.parameters else ""
            return f"{noise.name} is {noise.prior},{where} {reason}"
        if noise.parameters and not isinstance(noise.prior, _DIFFERENTIABLE):
            return (
                f"{noise.name} is {noise.prior}, known by its density alone, so its draws have no "
                f"gradient in a free parameter. Use {methods_for(model, 'SVI')}, or give the "
                "parameter as a number"
            )
    reason = _why_not_precision(settings, model) or _why_not_weight_decay(settings, model)
    return reason and f"{reason}: use {_settings_that_run(settings, model)}"


def _unusable(noise: Noise, model: Model) -> str | None:
    """Why no settings run a noise with these numbers, or ``None``."""
    if not math.isfinite(noise.second_moment):
        return (
            "whose E λ² is infinite, so passes have no finite variance. Use "
            f"{methods_for(model, 'NUTS', 'SVI')}, or a noise of finite variance, such as "
            "bd.noise.InverseNakagami with shape > 1"
        )
    if abs(noise.mean) < 1e-9 * math.sqrt(noise.second_moment):
        return (
            "whose mean is 0, so the average pass says nothing. Use "
            f"{methods_for(model, 'NUTS', 'SVI')}, or mean-one noise: "
            "bd.noise.Gaussian(scale, mean=1)"
        )
    return None


def _why_not_precision(settings: MCDropout, model: Model) -> str | None:
    """Why the model has no such precision, or ``None``."""
    if settings.precision == "learned":
        return None
    if not _has_precision(model):
        return (
            "precision stands for the one learned noise scale of a Gaussian likelihood, and its "
            f"likelihood is {model.likelihood}"
        )
    if settings.precision != "weight_decay":
        return None
    for noise in model.noises:
        if noise.parameters:
            return (
                f"{noise.name} is {noise.prior}, and the precision follows from E λ², which "
                "training changes"
            )
    if len(set(second_moments(model).values())) > 1:
        return (
            "the noise's E λ² differs between layers, so one weight decay does not determine one τ"
        )
    return None


def _why_not_weight_decay(settings: MCDropout, model: Model) -> str | None:
    """Why the model has no such weight decay, or ``None``."""
    if settings.weight_decay == "gal_2018" and not _is_plain_dropout(model):
        return (
            'weight_decay="gal_2018" is of dropout of units with a rate that is a number, as in '
            "bd.ARD(bd.noise.Bernoulli(keep))"
        )
    if settings.weight_decay == "gal" and (noise := _without_gal(model)):
        return (
            f'{noise.name} is {noise.prior}, and weight_decay="gal" has a KL term for free '
            "parameters of Bernoulli noise alone"
        )
    return None


def _settings_that_run(settings: MCDropout, model: Model) -> str:
    """What to give in place of the settings that can't be."""
    found = []
    if _why_not_precision(settings, model):
        units = ', precision_units="standardised"' if settings.precision_units == "target" else ""
        number = " or a number" if _has_precision(model) else ""
        found.append(f'precision="learned"{number}{units}')
    needs_number = settings.weight_decay == "gal_2018"  # for a precision
    if _why_not_weight_decay(settings, model) or (found and needs_number):
        gal = "" if _without_gal(model) else ' or "gal"'
        found.append(f'weight_decay="map"{gal} or a number')
    return " and ".join(found)


def _has_precision(model: Model) -> bool:
    """Say whether the model learns one noise scale, which a precision can be given for."""
    return isinstance(model.likelihood, Gaussian) and "noise_scale" in model.likelihood.priors


def _without_gal(model: Model) -> Variable | None:
    """The first noise whose free parameters have no KL term."""
    free = (noise for noise in model.noises if noise.parameters)
    return next((noise for noise in free if noise.prior.support != "boolean"), None)


def _is_plain_dropout(model: Model) -> bool:
    """Say whether every noise is a unit's and Bernoulli, with a number for its keep probability."""
    return all(
        noise.prior.support == "boolean" and noise.sharing == "unit" and not noise.parameters
        for noise in model.noises
    )

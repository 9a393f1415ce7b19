"""Reasons for which several methods can't run a model, in words."""

from __future__ import annotations

from bayesdrop.alternatives import methods_for
from bayesdrop.likelihood import Gaussian
from bayesdrop.model import Model


def learns_nothing(model: Model) -> str | None:
    """Why a method that only draws random variables can't run ``model``, or ``None``."""
    for name, start in model.learned.items():
        return (
            f"{name} is {start}, and drawing from a posterior optimises nothing. Use "
            f"{methods_for(model, 'SVI', 'MCDropout')}, or give it a prior, such as "
            "bd.noise.Beta(2, 2) for a probability or bd.noise.HalfCauchy(1) for a scale"
        )
    return None


def needs_continuous(method: str, model: Model) -> str | None:
    """Why a sampler that moves continuous variables alone can't run ``model``, or ``None``."""
    if reason := learns_nothing(model):
        return reason
    if noise := model.boolean_noise:
        return (
            f"{noise.name} is {noise.prior}, and {method} moves continuous variables alone: "
            "use bd.NUTS, which sums over masks or alternates with them, or for many rows "
            f"{methods_for(model, 'MCDropout', 'SVI')}"
        )
    return None


def replaces_the_network(model: Model) -> str | None:
    """Why a method with a prior over functions of its own can't stand in for ``model``."""
    if model.prior.structure != "none":
        return (
            f"it replaces the network and its prior, so that the noise of this one "
            f"({model.prior.structure}) would count for nothing. Run it on the catalog's "
            f"gaussian_prior, or use {methods_for(model, 'NUTS', 'SVI')}"
        )
    if model.network.shares_weights:
        return (
            f"{model.network} takes images or sequences, and this method tables of features: use "
            f"{methods_for(model, 'NUTS', 'SVI')}, or the catalog's gaussian_prior"
        )
    if not isinstance(model.likelihood, Gaussian):
        other = methods_for(model, "NUTS")
        return f"its likelihood is {model.likelihood}: use bd.Gaussian, or {other}"
    return learns_nothing(model)

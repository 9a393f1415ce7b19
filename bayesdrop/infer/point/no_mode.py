"""Which models have a mode: densities that are bounded, so that there is a largest one."""

from __future__ import annotations

import math

import numpy as np

from bayesdrop.alternatives import methods_for
from bayesdrop.infer.point.unbounded import unbounded_for_one
from bayesdrop.model import Model
from bayesdrop.noise import Noise
from bayesdrop.sites import MARGINAL, Form

_UNBOUNDED = 0.1  # growth of the log density between the two distances from an end


def no_mode(model: Model, form: Form) -> str | None:
    """Why the joint density of the sites' own values in ``form`` has no mode, or ``None``.

    In a marginal form that may depend on how many weights share a noise, which data say.
    """
    reason = no_unconstrained_mode(model)
    if reason is None and form in MARGINAL:
        reason = unbounded_for_one(model)
    return reason or _pole(model, form)


def no_unconstrained_mode(model: Model) -> str | None:
    """Say what :func:`no_mode` does of the unconstrained density, where poles have gone."""
    for name, start in model.learned.items():
        return (
            f"{name} is {start}, and the joint density of a noise and its own parameter grows "
            "without bound. Use bd.SVI, which averages over the noise, or give a number"
        )
    for variable in model.variables:
        if variable.prior.support == "boolean":
            return (
                f"{variable.name} is {variable.prior}, 0 or 1, so there is no gradient to climb. "
                f"Use {methods_for(model, 'MCDropout', 'NUTS', 'SVI')}"
            )
        if variable.role == "scale" and variable.parameters:
            return (
                f"{variable.name} is {variable.prior}, whose parameter is inferred too: their "
                "joint density grows without bound as they concentrate together. Use bd.NUTS or "
                "bd.SVI, or give the parameter as a number"
            )
    return None


def _pole(model: Model, form: Form) -> str | None:
    for variable in model.variables:
        if variable.role == "scale" and form in MARGINAL:
            continue
        for point in _poles(variable.prior.start):
            others = methods_for(model, "NUTS", "SVI", "Laplace")
            return (
                f"{variable.name} is {variable.prior}, whose density is infinite at {point:g}, so "
                f"the mode is there whatever the data. Use {others}"
            )
    return None


def _poles(noise: Noise) -> list[float]:
    """The finite ends of the support, or 0 inside it, where the density is infinite."""
    low, high = noise.bounds
    points = [(end, inwards) for end, inwards in ((low, 1), (high, -1)) if math.isfinite(end)]
    if low < 0 < high:
        points.append((0.0, 1))
    return [point for point, inwards in points if _is_pole(noise, point, inwards)]


def _is_pole(noise: Noise, point: float, inwards: int) -> bool:
    """Return whether the log density still grows between two tiny distances from ``point``."""
    distances = (1e-150, 1e-300) if point == 0 else (1e-7 * abs(point), 1e-14 * abs(point))
    with np.errstate(all="ignore"):
        far, near = noise.log_density(point + inwards * np.array(distances))
        return bool(near - far > _UNBOUNDED or near == math.inf)

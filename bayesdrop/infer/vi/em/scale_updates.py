"""The M-step of variational EM: each scale at the maximum of the objective, in closed form.

With q(w) = N(μ, s²) and D weights of prior variance v σ² that share v = λ², the objective has
v in −½ D log v − M/(2v) + log p, where M = Σ (μ² + s²)/σ² and σ² is the base variance times the
squares of the weights' other scales. p is the density in the variable in which Nalisnick et al.
(2019, §4) state the maximum: that of v, or for the half-Cauchy that of λ = √v.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from array_api_compat import array_namespace

from bayesdrop.noise import HalfCauchy, InverseNakagami, LogUniform, Noise
from bayesdrop.noise.support import edges
from bayesdrop.sharing import along, one_size, totals
from bayesdrop.sites import Site, group_sizes

CLOSED_FORM = (InverseNakagami, HalfCauchy, LogUniform)
"""The noises whose scale has an update here."""


def inverse_gamma(moment: Any, count: Any, shape: float, rate: float) -> Any:
    """The best v under v ~ InverseGamma(shape, rate); shape = rate = 0: p(v) ∝ 1/v."""
    return (moment + 2 * rate) / (count + 2 * shape + 2)


def half_cauchy(moment: Any, count: Any, scale: float) -> Any:
    """The best v under √v ~ HalfCauchy(scale), as a maximum over √v."""
    xp = array_namespace(moment)
    square = scale**2
    shift = moment - count * square
    root = xp.sqrt(moment**2 + (2 * count + 8) * square * moment + (count * square) ** 2)
    gap = xp.where(shift < 0, root - shift, xp.ones_like(root))
    # the same root of the quadratic twice, each without cancellation where it is used
    return xp.where(shift < 0, 2 * square * moment / gap, (shift + root) / (2 * count + 4))


def best_scale(noise: Noise, moment: Any, count: Any) -> Any:
    """λ = √v at the maximum, within the noise's support; ``moment`` is M, ``count`` is D."""
    match noise:
        case InverseNakagami():
            variance = inverse_gamma(moment, count, noise.shape, noise.rate)
        case HalfCauchy():
            variance = half_cauchy(moment, count, noise.scale)
        case LogUniform():  # the objective has one maximum in v, so an end is the best beyond it
            variance = inverse_gamma(moment, count, 0.0, 0.0)
        case _:
            raise TypeError(f"{noise} has no closed-form update")
    xp = array_namespace(moment)
    return xp.clip(xp.sqrt(variance), *map(float, edges(noise, np.dtype(str(moment.dtype)))))


def log_stated_density(noise: Noise, scale: Any) -> Any:
    """log p of :func:`best_scale` at λ: of v = λ², or for the half-Cauchy of λ."""
    density = noise.log_density(scale)
    if isinstance(noise, HalfCauchy):
        return density
    return density - array_namespace(scale).log(scale) - math.log(2)


def prior_variance(site: Site, scales: Mapping[str, Any], without: str | None = None) -> Any:
    """The prior variance of a weight or bias site, scales multiplied in but for ``without``."""
    variance = site.prior.scale**2  # type: ignore[attr-defined]
    for name, where in site.scaled_by:
        if name != without:
            variance = variance * along(scales[name], where, len(site.shape)) ** 2
    return variance


def updated_scales(
    table: tuple[Site, ...], moments: Mapping[str, Any], scales: Mapping[str, Any]
) -> dict[str, Any]:
    """Every scale in turn at its maximum given the others.

    Parameters
    ----------
    table
        The model's sites in hierarchical form.
    moments
        Weight or bias site → E w² = μ² + s², NumPy or JAX.
    scales
        Scale site → λ.
    """
    scales = dict(scales)
    by_name = {site.name: site for site in table}
    shapes = {site.name: site.shape for site in table}
    for site in table:
        if site.role == "scale":
            moment = 0.0
            for name, where in site.scales:
                weight = by_name[name]
                relative = moments[name] / prior_variance(weight, scales, without=site.name)
                moment = moment + totals(relative, where, len(weight.shape))
            count = one_size(group_sizes(site, shapes))
            scales[site.name] = best_scale(site.prior, moment, count)
    return scales

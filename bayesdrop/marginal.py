"""The marginal form: the density of weights whose scale is integrated out, and the scale's draws.

The weights that share a value of the scale λ are N(0, s² λ²) given it, with s = σ₀ times their
other scales. Their density is a function of M = Σ w²/s² and of how many they are, D
(:meth:`bayesdrop.noise.Noise.log_group_density`). For ARD a group is a row of the matrix; for ADD
it is the matrix with the bias, which τ multiplies too; for DropConnect it is a weight.

Written against the Array API: NumPy, JAX and PyTorch run the same lines.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from array_api_compat import array_namespace
from numpy.typing import NDArray

from bayesdrop.arrays import constant
from bayesdrop.bound import BoundModel
from bayesdrop.noise import Noise
from bayesdrop.sharing import Where, along, sizes, totals
from bayesdrop.sites import Site

_AT_ONCE = 100_000  # values of a scale that are drawn together
_APART = 1  # from other random numbers of a seed: NumPy takes [seed, 0, 0] for [seed]


def deviation(site: Site, values: Mapping[str, Any], like: Any) -> Any:
    """s: the standard deviation of a weight or bias site where the integrated scale is 1.

    An array like ``like`` that broadcasts against the site's shape, with the leading axes of
    ``values``.
    """
    base = site.prior.scale  # type: ignore[attr-defined]
    result = constant(np.full((1,) * len(site.shape), base), like)
    for name, where in site.scaled_by:
        result = result * abs(along(values[name], where, len(site.shape)))
    return result


def squares(site: Site, value: Any, spread: Any) -> Any:
    """Σ w²/s² of every group, (..., *the scale's shape)."""
    return totals((value / spread) ** 2, _where(site), len(site.shape))


def counts(site: Site) -> NDArray[np.int64]:
    """How many of the site's elements each value of its integrated scale belongs to."""
    return sizes(site.shape, _where(site))


def log_density(noise: Noise, squares: Any, counts: NDArray[np.int64]) -> Any:
    """Log density of weights by group, at s = 1: summed over the scale's own axes."""
    xp = array_namespace(squares)
    own = tuple(range(-counts.ndim, 0))
    found = sorted(set(counts.flat))
    if len(found) == 1:
        each = noise.log_group_density(squares, int(found[0]))
        return xp.sum(each, axis=own) if own else each
    total = 0.0
    for count in found:  # groups of a user's own, along one axis
        chosen = constant(np.flatnonzero(counts == count), squares)
        some = xp.take(squares, chosen, axis=-1)
        total = total + xp.sum(noise.log_group_density(some, int(count)), axis=-1)
    return total


def log_prior(
    noise: Noise, site: Site, value: Any, spread: Any, before: tuple[Any, NDArray] | None
) -> Any:
    """log p of a weight or bias site whose scale is integrated out, given what came ``before``.

    Parameters
    ----------
    noise
        The scale's distribution, its parameters numbers or arrays.
    value
        (..., *the site's shape).
    spread
        Its :func:`deviation`.
    before
        :func:`squares` and :func:`counts` of the sites with the same scale whose density this one
        is conditional on; ``None`` without one.
    """
    xp = array_namespace(value)
    own, number = squares(site, value, spread), counts(site)
    repeats = math.prod(site.shape) / math.prod(spread.shape[spread.ndim - len(site.shape) :])
    axes = tuple(range(-len(site.shape), 0))
    jacobian = repeats * xp.sum(xp.log(spread), axis=axes)
    if before is None:
        return log_density(noise, own, number) - jacobian
    joint = log_density(noise, own + before[0], number + before[1])
    return joint - log_density(noise, *before) - jacobian


def before(bound: BoundModel, site: Site, values: Mapping[str, Any]) -> Any:
    """:func:`squares` and :func:`counts` of the site before that shares the integrated scale.

    ``None`` if there is none: a scale has a weight and perhaps its bias.
    """
    assert site.integrated is not None
    for name, _ in site.integrated.scales:
        if name != site.name and name in values:
            other, value = bound.by_name[name], values[name]
            return squares(other, value, deviation(other, values, value)), counts(other)
    return None


def draw(noise: Noise, uniform: Any, squares: Any, counts: NDArray[np.int64]) -> Any:
    """λ given the weights, each where the CDF of its conditional is ``uniform``."""
    xp = array_namespace(squares)
    found = sorted(set(counts.flat))
    result = noise.shared_scale(uniform, squares, int(found[0]))
    for count in found[1:]:
        other = noise.shared_scale(uniform, squares, int(count))
        result = xp.where(constant(counts, squares) == int(count), other, result)
    return result


def with_scales(
    bound: BoundModel,
    values: Mapping[str, NDArray],
    seed: int,
    learned: Mapping[str, float] | None = None,
) -> dict[str, NDArray]:
    """``values`` of the sites, with the integrated scales drawn from their conditional given them.

    A draw's scales depend on ``seed``, its chain and its number alone, so that draws that are
    continued are those of one run.

    Parameters
    ----------
    values
        Site name → (chain, draw, *shape).
    learned
        Name → value of noise parameters that are learned.
    """
    found = dict(values)
    for number, scale in enumerate(bound.integrated):
        first = values[scale.scales[0][0]]
        chains, draws = first.shape[:2]
        uniform = np.stack(
            [
                np.random.default_rng([seed, _APART, number, chain]).random((draws, *scale.shape))
                for chain in range(chains)
            ]
        )
        known = {name: np.full((chains, draws), value) for name, value in (learned or {}).items()}
        found[scale.name] = _drawn(bound, scale, {**values, **known}, uniform).astype(first.dtype)
    return {site.name: found[site.name] for site in (*bound.integrated, *bound.sites)}


def _drawn(
    bound: BoundModel, scale: Site, values: Mapping[str, NDArray], uniform: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The scale's draws, in parts that bound the memory."""
    sites = [bound.by_name[name] for name, _ in scale.scales]
    needed = {site.name for site in sites} | {n for site in sites for n, _ in site.scaled_by}
    needed |= {name for _, name in scale.parameters}
    number = np.sum([counts(site) for site in sites], axis=0)
    step = max(1, _AT_ONCE // math.prod(scale.shape))
    result = np.empty_like(uniform)
    for chain in range(len(uniform)):
        for begin in range(0, uniform.shape[1], step):
            some = (chain, slice(begin, begin + step))
            own = {name: np.asarray(values[name][some], dtype=np.float64) for name in needed}
            total = np.sum(
                [squares(s, own[s.name], deviation(s, own, own[s.name])) for s in sites], axis=0
            )
            parameters = {
                name: own[name].reshape(-1, *[1] * len(scale.shape)) for _, name in scale.parameters
            }
            finite = np.isfinite(total)  # a chain that ran away has no scales
            noise = scale.bound_prior(parameters)
            scales = draw(noise, uniform[some], np.where(finite, total, 1.0), number)
            result[some] = np.where(finite, scales, np.nan)
    return result


def _where(site: Site) -> Where:
    """The axes or groups of the site's integrated scale."""
    assert site.integrated is not None
    return dict(site.integrated.scales)[site.name]

"""The marginal prior density of a weight under one or several noises."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bayesdrop.noise import Noise
from bayesdrop.noise.parameters import members
from bayesdrop.noise.quadrature import nodes

_NODES = 600
_NEGLIGIBLE = 200.0  # nats


def log_marginal(noises: Sequence[Noise], w: ArrayLike) -> NDArray[np.float64]:
    """Return the log density of ``w = λ₁ λ₂ … z`` with ``z ~ N(0, 1)``, at non-zero ``w``.

    ``w`` has any shape. The density without a noise is the normal one, and that of one noise is
    :meth:`bayesdrop.Noise.log_marginal`. With several the first keeps its own marginal, which is
    averaged over the others by quadrature: p(w) = ∫ p₁(w/λ) p(λ) dλ/|λ|, right to three digits down
    to densities of 1e-7 (with less to say for it where one of the others has a parameter with a
    prior). For Bernoulli noise it is the continuous part.
    """
    w = np.asarray(w, dtype=np.float64)
    if not noises:
        return -0.5 * w**2 - 0.5 * np.log(2 * np.pi)
    if len(noises) == 1:
        return noises[0].log_marginal(w)
    from scipy.special import logsumexp

    scale, log_weight = _few_nodes(noises[-1])
    inner = log_marginal(noises[:-1], w[..., None] / scale)
    return np.asarray(logsumexp(inner + log_weight - np.log(scale), axis=-1))


def point_mass(noises: Sequence[Noise]) -> float:
    """The probability that the weight is exactly 0: that some Bernoulli noise is."""
    kept = [float(np.exp(n.log_prob(1.0))) for n in noises if n.support == "boolean"]
    return 1 - float(np.prod(kept))


def quantiles_of_size(noises: Sequence[Noise], q: ArrayLike) -> NDArray[np.float64]:
    """Quantiles of |w| given that it is not 0, by integrating the density over log |w|."""
    size = np.geomspace(1e-8, 1e8, 1601)
    mass = np.cumsum(size * np.exp(log_marginal(noises, size)))
    return np.interp(np.asarray(q, dtype=np.float64), mass / mass[-1], size)


def _few_nodes(noise: Noise) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Some hundred nodes |λ| > 0 of a quadrature over the noise, and their log weights."""
    if noise.support == "boolean":
        return np.ones(1), noise.log_prob([1.0])
    fixed = members(noise)
    count = max(_NODES // len(fixed), _NODES // 10)
    parts = [(log_p, *nodes(member, count)) for log_p, member in fixed]
    scale = np.abs(np.concatenate([values for _, values, _ in parts]))
    log_weight = np.concatenate([log_p + log_mass for log_p, _, log_mass in parts])
    matters = (log_weight > log_weight.max() - _NEGLIGIBLE) & (scale != 0)
    return scale[matters], log_weight[matters]

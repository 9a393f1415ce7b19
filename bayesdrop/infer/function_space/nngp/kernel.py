"""The covariance of the infinitely wide network, layer by layer, in float64 NumPy.

The H units of a layer put the covariance b² + H σ₀² C on what enters the next one, where C is
the second moment E h(x) h(x') of a unit and H σ₀² stays fixed as H grows: 1 if σ₀ is
``"fan_in"``; else the network's own width counts.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from bayesdrop.bound import BoundModel

Array = NDArray[np.float64]
Moments = tuple[Array, Array]
"""E h(x) (rows,) and E h(x) h(x') (rows, rows) of one hidden unit h."""


def relu(covariance: Array) -> Moments:
    """The kernel of max(u, 0): the arc-cosine kernel of degree 1 (Cho & Saul 2009)."""
    scale = np.sqrt(np.diag(covariance))
    size = np.outer(scale, scale)
    cosine = np.clip(covariance / size, -1, 1)
    angle = np.arccos(cosine)
    second = size * (np.sin(angle) + (np.pi - angle) * cosine) / (2 * np.pi)
    return scale / np.sqrt(2 * np.pi), second


def erf(covariance: Array) -> Moments:
    """The kernel of erf(u): the arcsine kernel (Williams 1997)."""
    scale = np.sqrt(1 + 2 * np.diag(covariance))
    second = 2 / np.pi * np.arcsin(2 * covariance / np.outer(scale, scale))
    return np.zeros(len(scale)), second


def tanh(covariance: Array) -> Moments:
    """The kernel of tanh(u), which is a mixture of arcsine kernels.

    The logistic distribution is a Gaussian scale mixture (Andrews & Mallows 1974): tanh(u) is
    E erf(u / √2 K), where K has Kolmogorov's distribution. The expectation is a Gauss-Legendre
    sum of 24 nodes, with an error of tanh(u) below 4e-7.
    """
    from scipy.stats import kstwobign

    nodes, weights = np.polynomial.legendre.leggauss(24)
    widths = 1.6 + 1.4 * nodes
    shares = weights * kstwobign.pdf(widths)
    shares /= shares.sum()
    scales = np.sqrt(widths**2 + np.diag(covariance)[:, None])
    second = np.zeros_like(covariance)
    for one, share in zip(scales.T, shares, strict=True):
        for other, second_share in zip(scales.T, shares, strict=True):
            second += share * second_share * np.arcsin(covariance / np.outer(one, other))
    return np.zeros(len(covariance)), 2 / np.pi * second


KERNELS: dict[str, Callable[[Array], Moments]] = {"relu": relu, "erf": erf, "tanh": tanh}
"""Activation φ → moments of φ(u) for a Gaussian u of mean 0."""


def kernel(bound: BoundModel, X: Array) -> Array:
    """Prior covariance of f between the rows of ``X``, (rows, rows).

    A residual block adds φ(u), independent of what it is added to given the layer before.
    """
    network, prior, layers = bound.model.network, bound.model.prior, bound.layers
    activation: str = network.activation  # type: ignore[attr-defined]
    mean, second = np.zeros(len(X)), X @ X.T / X.shape[1]

    def covariance(fan_in: int) -> Array:
        return prior.bias_scale**2 + fan_in * prior.weight_scale(fan_in) ** 2 * second

    for layer, residual in zip(layers[:-1], network.residual, strict=False):
        block_mean, block_second = KERNELS[activation](covariance(layer.fan_in))
        if residual:
            mixed = np.outer(mean, block_mean)
            mean, second = mean + block_mean, second + block_second + mixed + mixed.T
        else:
            mean, second = block_mean, block_second
    return covariance(layers[-1].fan_in)

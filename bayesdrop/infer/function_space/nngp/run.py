"""The exact posterior of the infinitely wide network, and draws of functions from it."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bayesdrop.bound import BoundModel
from bayesdrop.data.training import TrainingData
from bayesdrop.family import Parameters
from bayesdrop.infer.function_space.gaussian_draws import antithetic, blocks, check_rows
from bayesdrop.infer.function_space.nngp.kernel import kernel
from bayesdrop.noise import Noise
from bayesdrop.posterior.results.fit import Fit
from bayesdrop.posterior.results.function_draws import FunctionDraws, Predictor

if TYPE_CHECKING:
    from bayesdrop.infer.function_space.nngp.settings import NNGP

Array = NDArray[np.float64]

SCALES = (1e-5, 1e2)
"""The noise scales, as far as the prior allows them, between which their posterior is tabulated."""

_POINTS = 4000
_NEGLIGIBLE = 40.0
"""Nats below the largest mass. A second table leaves such scales out, so that it is fine enough."""


def run(settings: NNGP, bound: BoundModel, data: TrainingData) -> Fit:
    """Run :meth:`bayesdrop.NNGP.run`.

    Raises
    ------
    UnsupportedModelError
        There are more rows than ``max_rows``.
    """
    check_rows(bound.model, "NNGP", data.rows, settings.max_rows)
    clock = time.perf_counter()
    spectrum = Spectrum.of(kernel(bound, data.X_standardised.astype(np.float64)))
    prior: float | Noise = bound.model.likelihood.scale  # type: ignore[attr-defined]
    found = [
        _noise_scales(spectrum, column, prior, settings.num_scales)
        for column in data.y_standardised.astype(np.float64).T
    ]
    return Fit(
        FunctionDraws(
            NNGPDraws(settings.num_samples),
            {
                "X": data.X_standardised,
                "y": data.y_standardised,
                "noise_scale": np.stack([scales for scales, _ in found], axis=1),
            },
        ),
        seconds={"compile": 0.0, "run": time.perf_counter() - clock},
        info={"device": "cpu", "log_evidence": float(sum(log for _, log in found))},
    )


@dataclass(frozen=True)
class NNGPDraws(Predictor):
    """Draws of the limiting Gaussian process given the training rows.

    The ``state`` has the rows ``X`` and ``y``, and ``noise_scale`` (quantiles, outputs).
    """

    num_samples: int

    def prepared(self, state: Mapping[str, NDArray], bound: BoundModel) -> Mapping[str, Any]:
        known = state["X"].astype(np.float64)
        return {**state, "spectrum": Spectrum.of(kernel(bound, known))}

    def parameters(
        self,
        state: Mapping[str, Any],
        bound: BoundModel,
        X: NDArray[np.float32],
        rng: np.random.Generator,
    ) -> Parameters:
        known, new, y = (array.astype(np.float64) for array in (state["X"], X, state["y"]))
        found, spectrum = state["noise_scale"], state["spectrum"]
        scales = np.stack([rng.permutation(column) for column in found.T], axis=1)
        each = self.num_samples // len(scales)
        loc = np.empty((self.num_samples, len(X), bound.n_outputs))
        for block in blocks(len(X)):
            prior = kernel(bound, np.concatenate([known, new[block]]))[len(known) :]
            cross, own = prior[:, : len(known)] @ spectrum.vectors, prior[:, len(known) :]
            for (level, output), scale in np.ndenumerate(scales):
                gain = cross / (spectrum.values + scale**2)
                mean = gain @ (spectrum.vectors.T @ y[:, output])
                drawn = antithetic(mean, own - gain @ cross.T, each // 2, rng)
                loc[level * each : (level + 1) * each, block, output] = drawn
        spread = np.repeat(scales, each, axis=0)[:, None]
        return {"loc": loc, "scale": np.broadcast_to(spread, loc.shape)}


class Spectrum(NamedTuple):
    """Eigenvalues and eigenvectors of the covariance between the training rows."""

    values: Array
    vectors: Array

    @classmethod
    def of(cls, covariance: Array) -> Spectrum:
        values, vectors = np.linalg.eigh(covariance)
        return cls(np.maximum(values, 0.0), vectors)

    def log_evidence(self, y: Array, scales: Array) -> Array:
        """log N(y | 0, K + scale² 1) at every one of ``scales``."""
        squares, variances = (self.vectors.T @ y) ** 2, self.values + scales[:, None] ** 2
        return -0.5 * (np.log(2 * math.pi * variances) + squares / variances).sum(1)


def _noise_scales(
    spectrum: Spectrum, y: Array, prior: float | Noise, count: int
) -> tuple[Array, float]:
    """``count`` quantiles of the noise scale's posterior, and log p(y)."""
    if not isinstance(prior, Noise):
        scale = np.array([prior])
        return scale, float(spectrum.log_evidence(y, scale)[0])
    low, high = np.log(np.clip(prior.bounds, *SCALES))
    steps, log_mass = _tabulated(spectrum, y, prior, low, high)
    held, width = steps[log_mass > log_mass.max() - _NEGLIGIBLE], steps[1] - steps[0]
    near, far = max(low, held[0] - width), min(high, held[-1] + width)
    steps, log_mass = _tabulated(spectrum, y, prior, near, far)
    mass = np.exp(log_mass - log_mass.max())
    total = mass.sum()
    up_to_each = (np.cumsum(mass) - mass / 2) / total
    quantiles = np.interp((np.arange(count) + 0.5) / count, up_to_each, steps)
    return np.exp(quantiles), float(log_mass.max() + math.log(total))


def _tabulated(
    spectrum: Spectrum, y: Array, prior: Noise, low: float, high: float
) -> tuple[Array, Array]:
    """Log noise scales between two, and the log mass of the evidence times the prior at each."""
    steps = np.linspace(low, high, _POINTS)
    grid = np.exp(steps)
    log_density = spectrum.log_evidence(y, grid) + prior.log_prob(grid) + steps
    log_density[[0, -1]] -= math.log(2)  # the trapezoidal rule
    return steps, log_density + math.log(steps[1] - steps[0])

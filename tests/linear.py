"""The linear network, whose posterior is exact: by NumPy, independently of bayesdrop.

``y = X w + b + ε`` on standardised data with ``w ~ N(0, base_scale²)``, ``b ~ N(0, bias_scale²)``
and ``ε ~ N(0, noise_scale²)`` has a Gaussian posterior. :class:`ExactLinear` draws from it: a
method of one's own that needs neither JAX nor PyTorch, for the tests of what comes after a fit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import bayesdrop as bd
from bayesdrop.data.training import TrainingData
from bayesdrop.posterior.result import Fit
from bayesdrop.progress import Progress

BASE_SCALE, BIAS_SCALE, NOISE_SCALE = 0.7, 0.9, 0.5

Array = NDArray[np.float64]


def model(unit: bd.noise.Noise | None = None) -> bd.Model:
    """The linear network with those scales."""
    prior = bd.ScaleMixture(unit=unit, base_scale=BASE_SCALE, bias_scale=BIAS_SCALE)
    return bd.Model(bd.MLP(hidden=()), prior, bd.Gaussian(scale=NOISE_SCALE))


def data(
    rows: int = 60, features: int = 5, outputs: int | None = None, seed: int = 0
) -> tuple[Array, Array]:
    """Correlated features in units of their own, and a target in its own."""
    rng = np.random.default_rng(seed)
    common = rng.normal(size=(rows, 1))
    X = 1.2 * common + rng.normal(size=(rows, features))
    w = rng.normal(size=(features, outputs or 1))
    y = X @ w + 1.2 * rng.normal(size=(rows, outputs or 1))
    X = X * np.geomspace(0.1, 100, features) + np.linspace(-5, 20, features)
    y = 40 + 7 * y
    return X, (y if outputs else y[:, 0])


def standardised(columns: Array) -> Array:
    """Every column by its own mean and standard deviation; (rows,) becomes (rows, 1)."""
    columns = columns.reshape(len(columns), -1)
    return (columns - columns.mean(0)) / columns.std(0)


@dataclass(frozen=True)
class GaussianPosterior:
    """N(mean, covariance) of the weights and, last, the bias; outputs are independent.

    ``mean`` is (features + 1, outputs); every output has the same ``covariance``.
    """

    mean: Array
    covariance: Array
    log_evidence: float

    @property
    def precision(self) -> Array:
        return np.linalg.inv(self.covariance)

    def kl_from(self, mean: Array, covariance: Array) -> float:
        """KL(N(mean, covariance) ‖ this), for the one output."""
        gap = self.mean[:, 0] - mean
        logdets = np.linalg.slogdet(self.covariance)[1] - np.linalg.slogdet(covariance)[1]
        trace = np.trace(self.precision @ covariance)
        return 0.5 * float(trace - len(gap) + gap @ self.precision @ gap + logdets)


def exact(X: Array, y: Array, noise_scale: float = NOISE_SCALE) -> GaussianPosterior:
    """The posterior given *standardised* ``X`` (rows, features) and ``y`` (rows, outputs)."""
    features = X.shape[1]
    design = np.column_stack([X, np.ones(len(X))])
    prior = np.diag([BASE_SCALE**2] * features + [BIAS_SCALE**2])
    covariance = np.linalg.inv(design.T @ design / noise_scale**2 + np.linalg.inv(prior))
    mean = covariance @ design.T @ y / noise_scale**2
    marginal = design @ prior @ design.T + noise_scale**2 * np.eye(len(X))
    _, logdet = np.linalg.slogdet(2 * math.pi * marginal)
    fit = np.sum(y * np.linalg.solve(marginal, y))
    return GaussianPosterior(mean, covariance, -0.5 * float(fit + y.shape[1] * logdet))


def exact_of(X: Array, y: Array) -> GaussianPosterior:
    """The posterior that ``bd.fit(model(), X, y)`` is after."""
    return exact(standardised(X), standardised(y))


def stacked(draws: dict[str, NDArray[Any]] | None) -> Array:
    """Draws of the linear network as (chain, draw, features + 1, outputs), the bias last."""
    assert draws is not None
    weight, bias = draws["weight_0"], draws["bias_0"]
    return np.concatenate([weight, bias[:, :, None]], axis=2).astype(np.float64)


@dataclass(frozen=True)
class ExactLinear(bd.Inference):
    """Independent draws from the exact posterior, as if of a sampler."""

    num_samples: int = 100
    num_chains: int = 2

    def supports(self, model: bd.Model) -> str | None:
        return None

    def run(self, model: bd.Model, data: TrainingData, seed: int, progress: Progress) -> Fit:
        posterior = exact(data.X.astype(np.float64), data.y.astype(np.float64))
        rng = np.random.default_rng(seed)
        shape = (self.num_chains, self.num_samples)
        z = rng.normal(size=(*shape, *posterior.mean.shape))
        draws = (posterior.mean + np.linalg.cholesky(posterior.covariance) @ z).astype(np.float32)
        return Fit(
            values={"weight_0": draws[:, :, :-1], "bias_0": draws[:, :, -1]},
            sample_stats={"diverging": np.zeros(shape, bool), "lp": -np.square(z).sum((2, 3)) / 2},
            seconds={"compile": 0.0, "run": 0.0},
            info={"device": "none"},
        )

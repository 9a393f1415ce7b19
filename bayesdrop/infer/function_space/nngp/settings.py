"""The infinitely wide network: exact regression by the Gaussian process it becomes.

Neal (1996), "Priors for infinite networks"; for several layers Lee et al. (2018), "Deep neural
networks as Gaussian processes", and Matthews et al. (2018). The cost is one eigendecomposition,
n³, of n rows. The first prediction of a process makes it again, and every prediction a Cholesky
factor of the rows predicted per scale.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bayesdrop.bound import BoundModel
from bayesdrop.data.training import TrainingData
from bayesdrop.family import Parameters
from bayesdrop.field_checks import checked_count
from bayesdrop.infer.base import Inference
from bayesdrop.infer.function_space.gaussian_draws import antithetic, blocks, check_rows
from bayesdrop.infer.function_space.nngp.kernel import KERNELS, kernel
from bayesdrop.infer.reasons import learns_nothing
from bayesdrop.likelihood import Gaussian
from bayesdrop.model import Model
from bayesdrop.network import MLP, ResNet
from bayesdrop.noise import Noise
from bayesdrop.posterior.results.fit import Fit
from bayesdrop.posterior.results.function_draws import FunctionDraws, Predictor
from bayesdrop.progress import Progress

Array = NDArray[np.float64]

_SCALES, _POINTS = (1e-5, 1e2), 4000
"""The noise scales, as far as the prior allows them, between which their posterior is tabulated."""


@dataclass(frozen=True)
class NNGP(Inference):
    """The model's own prior becomes a Gaussian process at infinite width, whose posterior is exact.

    It runs :class:`bayesdrop.MLP` and :class:`bayesdrop.ResNet` of ``relu`` (arc-cosine kernel),
    ``erf`` (arcsine kernel) or ``tanh`` (by quadrature) units, and the linear model, with a plain
    Gaussian prior and :class:`bayesdrop.Gaussian`. Weights of ``base_scale="fan_in"`` have a
    limit. A number σ₀ keeps the variance H σ₀² of the network's own width H. Outputs become
    independent.

    The noise scale has no closed form: its posterior, per output, is tabulated from the exact
    evidence and stands for itself by ``num_scales`` quantiles. ``info["log_evidence"]`` is
    log p(y), standardised, with the scale integrated out.

    Parameters
    ----------
    num_samples
        Draws of functions that predictions average over, a multiple of 2 · ``num_scales``: equally
        many at each scale, in pairs about the exact mean. Rows beyond 1000 are drawn in blocks,
        independently of those in others. Default 1000.
    num_scales
        Quantiles of the noise scale's posterior. Default 20; a fixed scale has one.
    max_rows
        Training rows beyond which it refuses, for memory and time (n², n³). Default 5000.
    """

    num_samples: int = 1000
    num_scales: int = 20
    max_rows: int = 5000

    def __post_init__(self) -> None:
        for field in ("num_samples", "num_scales", "max_rows"):
            checked_count(self, field)
        if self.num_samples % (2 * self.num_scales):
            raise ValueError(
                f"NNGP(num_samples={self.num_samples}, num_scales={self.num_scales}): num_samples "
                "must be a multiple of 2 · num_scales: a pair at each scale"
            )

    def supports(self, model: Model) -> str | None:
        if reason := learns_nothing(model):
            return reason
        network = model.network
        if model.prior.structure != "none":
            return _no_limit(model)
        if not isinstance(network, (MLP, ResNet)) or (
            len(network.residual) > 1 and network.activation not in KERNELS
        ):
            *others, last = map(repr, KERNELS)
            known = f"{', '.join(others)} or {last}"
            return (
                f"the kernel of {network} is not known here: use a bd.MLP or bd.ResNet with "
                f"activation {known}, or bd.NUTS on a wide network"
            )
        if not isinstance(model.likelihood, Gaussian):
            return f"its likelihood is {model.likelihood}: use bd.Gaussian, or bd.NUTS"
        prior = model.likelihood.scale
        if isinstance(prior, Noise) and np.ptp(np.clip(prior.bounds, *_SCALES)) == 0:
            return (
                f"it tabulates noise scales from 1e-5 to 100, and the prior of its own is {prior}"
            )
        return None

    def run(self, bound: BoundModel, data: TrainingData, seed: int, progress: Progress) -> Fit:
        check_rows("NNGP", data.rows, self.max_rows)
        clock = time.perf_counter()
        spectrum = Spectrum.of(kernel(bound.model, data.X_standardised.astype(np.float64)))
        prior: float | Noise = bound.model.likelihood.scale  # type: ignore[attr-defined]
        found = [
            _noise_scales(spectrum, column, prior, self.num_scales)
            for column in data.y_standardised.astype(np.float64).T
        ]
        return Fit(
            FunctionDraws(
                NNGPDraws(self.num_samples),
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
        return {**state, "spectrum": Spectrum.of(kernel(bound.model, known))}

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
            prior = kernel(bound.model, np.concatenate([known, new[block]]))[len(known) :]
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
    low, high = np.log(np.clip(prior.bounds, *_SCALES))
    steps = np.linspace(low, high, _POINTS)
    grid = np.exp(steps)
    log_mass = spectrum.log_evidence(y, grid) + prior.log_prob(grid) + steps
    log_mass += math.log(steps[1] - steps[0])
    largest = log_mass.max()
    mass = np.exp(log_mass - largest)
    total = mass.sum()
    quantiles = np.interp((np.arange(count) + 0.5) / count, np.cumsum(mass) / total, steps)
    return np.exp(quantiles), float(largest + math.log(total))


def _no_limit(model: Model) -> str:
    for noise in model.noises:
        if not math.isfinite(noise.prior.start.second_moment):
            return (
                f"{noise.name} is {noise.prior}, whose variance is infinite: the sum over units "
                "does not tend to a Gaussian. Use bd.NUTS, or run it on the catalog's "
                "gaussian_prior"
            )
    return (
        f"its prior has noise ({model.prior.structure}), and this is the limit of the plain "
        "Gaussian prior: a noise that all units of a wide layer share, as that of the inputs, "
        "leaves a mixture of Gaussian processes. Use bd.NUTS, or run it on the catalog's "
        "gaussian_prior"
    )

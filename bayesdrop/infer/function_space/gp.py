"""Exact Gaussian process regression, by scikit-learn.

Rasmussen & Williams (2006), "Gaussian processes for machine learning", chapters 2 and 5. A step of
the optimiser costs n³ of n rows, plus n² per feature; a prediction n³ once more.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from bayesdrop.bound import BoundModel
from bayesdrop.data.training import TrainingData
from bayesdrop.family import Parameters
from bayesdrop.field_checks import checked_choice, checked_count
from bayesdrop.infer.base import Inference
from bayesdrop.infer.function_space.gaussian_draws import antithetic, blocks, check_rows
from bayesdrop.infer.reasons import replaces_the_network
from bayesdrop.model import Model
from bayesdrop.noise import Noise
from bayesdrop.posterior.results.fit import Fit
from bayesdrop.posterior.results.function_draws import FunctionDraws, Predictor
from bayesdrop.progress import Progress, task
from bayesdrop.quiet import ignored

Kernel = Literal["rbf", "matern52"]

_LENGTHS, _AMPLITUDES, _NOISES = (1e-2, 1e3), (1e-2, 1e3), (1e-4, 10.0)
"""Bounds of length scales, amplitude and noise scale, standardised."""

_JITTER = 1e-10


@dataclass(frozen=True)
class GP(Inference):
    """A Gaussian process with one length scale per feature takes the place of the network.

    Amplitude, length scales and noise scale maximise the marginal likelihood (type II), from
    several starts, per output. The model gives no more than a likelihood,
    :class:`bayesdrop.Gaussian`. The network and its prior are replaced. So a model whose prior has
    noise is refused. The prior of the noise scale is not used, but a fixed scale is.

    Parameters
    ----------
    kernel
        ``"rbf"`` (default), or ``"matern52"`` for functions that are twice differentiable.
    num_restarts
        Random starts of the optimiser beside the first. Default 2.
    num_samples
        The number of draws of functions that predictions average over. It is even, since they come
        in pairs about the exact mean. Rows beyond 1000 are drawn in blocks, independently of those
        in others. Default 1000.
    max_rows
        Training rows beyond which it refuses, for memory and time. Default 2000.
    """

    kernel: Kernel = "rbf"
    num_restarts: int = 2
    num_samples: int = 1000
    max_rows: int = 2000

    def __post_init__(self) -> None:
        checked_choice(self, "kernel", ("rbf", "matern52"))
        checked_count(self, "num_restarts", at_least=0)
        for field in ("num_samples", "max_rows"):
            checked_count(self, field)
        if self.num_samples % 2:
            raise ValueError(
                f"GP(num_samples={self.num_samples}): num_samples must be even, for pairs of draws"
            )

    def supports(self, model: Model) -> str | None:
        return replaces_the_network(model)

    def needs_standardised(self) -> bool:
        return True

    def run(self, bound: BoundModel, data: TrainingData, seed: int, progress: Progress) -> Fit:
        check_rows(bound.model, "GP", data.rows, self.max_rows)
        clock = time.perf_counter()
        prior = bound.model.likelihood.scale  # type: ignore[attr-defined]
        fixed = None if isinstance(prior, Noise) else prior
        X, y = data.X_standardised.astype(np.float64), data.y_standardised.astype(np.float64)
        found, evidence = [], 0.0
        with task(progress, "GP", data.n_outputs):
            for column in y.T:
                state, log_evidence = self._optimised(X, column, fixed, seed)
                found.append(state)
                evidence += log_evidence
                progress.advance(1, f"log evidence {log_evidence:.1f}")
        state = {name: np.stack([one[name] for one in found]) for name in found[0]}
        state |= {"X": data.X_standardised, "y": data.y_standardised}
        return Fit(
            FunctionDraws(GPDraws(self.kernel, self.num_samples), state),
            seconds={"compile": 0.0, "run": time.perf_counter() - clock},
            info={"device": "cpu", "log_evidence": evidence},
        )

    def _optimised(
        self, X: NDArray, y: NDArray, fixed: float | None, seed: int
    ) -> tuple[dict[str, NDArray], float]:
        """The hyperparameters of one output, and their log marginal likelihood."""
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.gaussian_process import GaussianProcessRegressor
        from sklearn.gaussian_process.kernels import WhiteKernel

        noise: Any = WhiteKernel(0.1, _squared(_NOISES))
        if fixed is not None:
            noise = WhiteKernel(fixed**2, "fixed")
        regression: Any = GaussianProcessRegressor(
            covariance(self.kernel, 1.0, np.ones(X.shape[1])) + noise,
            alpha=_JITTER,
            n_restarts_optimizer=self.num_restarts,
            random_state=seed,
        )
        with ignored(ConvergenceWarning):  # at a bound, or no ascent to rounding: usual here
            regression.fit(X, y)
        found: Any = regression.kernel_
        state = {
            "amplitude": np.sqrt(found.k1.k1.constant_value),
            "length_scales": np.atleast_1d(found.k1.k2.length_scale),
            "noise_scale": np.sqrt(found.k2.noise_level),
        }
        return state, float(regression.log_marginal_likelihood_value_)


@dataclass(frozen=True)
class GPDraws(Predictor):
    """Draws of the exact Gaussian process given the training rows.

    The ``state`` has the rows ``X`` and ``y`` and, per output, ``amplitude``, ``length_scales``
    and ``noise_scale``.
    """

    kernel: Kernel
    num_samples: int

    def prepared(self, state: Mapping[str, NDArray], bound: BoundModel) -> Mapping[str, Any]:
        from sklearn.gaussian_process import GaussianProcessRegressor

        known, y = state["X"].astype(np.float64), state["y"].astype(np.float64)
        each = zip(state["amplitude"], state["length_scales"], state["noise_scale"], strict=True)
        regressions = [
            GaussianProcessRegressor(
                covariance(self.kernel, size, lengths),
                alpha=noise_scale**2 + _JITTER,
                optimizer=None,  # type: ignore[arg-type]
            ).fit(known, y[:, output])
            for output, (size, lengths, noise_scale) in enumerate(each)
        ]
        return {"regressions": regressions, "noise_scale": state["noise_scale"]}

    def parameters(
        self,
        state: Mapping[str, Any],
        bound: BoundModel,
        X: NDArray[np.float32],
        rng: np.random.Generator,
    ) -> Parameters:
        new = X.astype(np.float64)
        loc = np.empty((self.num_samples, len(X), bound.n_outputs))
        for output, regression in enumerate(state["regressions"]):
            for block in blocks(len(X)):
                mean, spread = regression.predict(new[block], return_cov=True)
                loc[:, block, output] = antithetic(mean, spread, self.num_samples // 2, rng)
        return {"loc": loc, "scale": np.broadcast_to(state["noise_scale"], loc.shape)}


def covariance(kernel: Kernel, amplitude: float, length_scales: Any) -> Any:
    """scikit-learn's kernel, with the bounds within which it may be optimised."""
    from sklearn.gaussian_process.kernels import RBF, ConstantKernel, Matern

    size = ConstantKernel(amplitude**2, _squared(_AMPLITUDES))
    if kernel == "rbf":
        return size * RBF(length_scales, _LENGTHS)
    return size * Matern(length_scales, _LENGTHS, nu=2.5)


def _squared(bounds: tuple[float, float]) -> tuple[float, float]:
    return bounds[0] ** 2, bounds[1] ** 2

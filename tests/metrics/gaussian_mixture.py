"""A stub of a prediction, with Gaussian components, and problems for it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from bayesdrop.family import Normal


@dataclass
class Mixture:
    """A prediction with Gaussian components, ``loc`` and ``scale`` (draws, rows, outputs)."""

    loc: np.ndarray
    scale: np.ndarray
    one_output: bool = True
    kind: str = "continuous"
    target: None = None

    def numbers(self, y: ArrayLike) -> np.ndarray:
        return np.asarray(y, np.float64)

    @property
    def _parameters(self) -> dict[str, np.ndarray]:
        return {"loc": self.loc, "scale": np.broadcast_to(self.scale, self.loc.shape)}

    def _out(self, values: np.ndarray) -> np.ndarray:
        return values[..., 0] if self.one_output else values

    def _in(self, y: ArrayLike) -> np.ndarray:
        return np.asarray(y)[:, None] if self.one_output else np.asarray(y)

    @property
    def draw_means(self) -> np.ndarray:
        return self._out(self.loc)

    @property
    def mean(self) -> np.ndarray:
        return self.draw_means.mean(0)

    @property
    def epistemic_std(self) -> np.ndarray:
        return self.draw_means.std(0)

    @property
    def aleatoric_std(self) -> np.ndarray:
        return self._out(np.sqrt(np.mean(np.broadcast_to(self.scale, self.loc.shape) ** 2, 0)))

    @property
    def std(self) -> np.ndarray:
        return np.hypot(self.epistemic_std, self.aleatoric_std)

    def interval(self, level: float = 0.9) -> tuple[np.ndarray, np.ndarray]:
        levels = np.array([(1 - level) / 2, (1 + level) / 2])
        ends = Normal().mixture_quantile(self._parameters, levels)
        lower, upper = self._out(ends)
        return lower, upper

    def log_prob(self, y: ArrayLike) -> np.ndarray:
        return self._out(Normal().mixture_log_prob(self._parameters, self._in(y)))

    def cdf(self, y: ArrayLike) -> np.ndarray:
        return self._out(Normal().mixture_cdf(self._parameters, self._in(y)))

    def crps(self, y: ArrayLike) -> np.ndarray:
        return self._out(Normal().mixture_crps(self._parameters, self._in(y)))


def two_draws() -> tuple[Mixture, np.ndarray]:
    """Means (0, 4) and (2, 6) of two draws at two rows, so predictive means 1 and 5; scale 1."""
    return Mixture(np.array([[[0.0], [4.0]], [[2.0], [6.0]]]), np.ones((2, 2, 1))), np.array([2, 9])


def several_outputs() -> tuple[Mixture, np.ndarray]:
    rng = np.random.default_rng(3)
    loc, scale = rng.normal(size=(30, 40, 3)), rng.uniform(0.2, 2, size=(30, 40, 3))
    return Mixture(loc, scale, one_output=False), rng.normal(size=(40, 3))


def calibrated(rows: int = 20_000) -> tuple[Mixture, np.ndarray]:
    rng = np.random.default_rng(5)
    loc, scale = rng.normal(size=(3, rows, 1)), np.array([0.5, 1, 2]).reshape(3, 1, 1)
    scale = np.broadcast_to(scale, loc.shape)
    draw = rng.integers(3, size=rows), np.arange(rows), 0
    return Mixture(loc, scale), rng.normal(loc[draw], scale[draw])

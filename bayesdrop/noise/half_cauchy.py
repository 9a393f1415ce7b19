"""Half-Cauchy noise: the horseshoe prior."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from array_api_compat import array_namespace
from numpy.typing import NDArray

from bayesdrop.arrays import log
from bayesdrop.noise.base import Noise
from bayesdrop.noise.parameters import Parameter
from bayesdrop.noise.support import Support


@dataclass(frozen=True)
class HalfCauchy(Noise):
    """λ has density 2/(π s (1 + λ²/s²)), and no mean.

    The marginal prior is the horseshoe (Carvalho, Polson & Scott 2010), whose density is
    e^x E₁(x)/√(2π³) at x = w²/2 for unit scales.

    Parameters
    ----------
    scale
        s, positive. Default 1.
    """

    scale: Parameter = 1.0
    support: ClassVar[Support] = "positive"
    parameters: ClassVar[Mapping[str, Support]] = {"scale": "positive"}

    def log_density(self, x: Any) -> Any:
        xp = array_namespace(x)
        return log(2 / (math.pi * self.scale)) - xp.log1p((x / self.scale) ** 2)

    @property
    def scale_parameter(self) -> str:
        return "scale"

    @property
    def induced_prior(self) -> str:
        return "horseshoe"

    @property
    def mean(self) -> float:
        return math.inf

    @property
    def second_moment(self) -> float:
        return math.inf

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float64]:
        return self.scale * np.abs(np.tan(np.pi * (rng.random(shape) - 0.5)))

    def log_weight_density(self, w: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return log[e^x E₁(x)] − log(s √(2π³)) with x = w²/(2s²)."""
        with np.errstate(divide="ignore"):
            log_x = 2 * np.log(np.abs(w) / self.scale) - math.log(2)
        return _log_scaled_e1(log_x) - math.log(self.scale) - 0.5 * math.log(2 * math.pi**3)


def _log_scaled_e1(log_x: NDArray[np.float64]) -> NDArray[np.float64]:
    """log[e^x E₁(x)], whose ends are −γ − log x → x and 1/x − 1/x² + 2/x³ − …"""
    from scipy.special import exp1

    x = np.exp(np.clip(log_x, -40, 6))
    far = np.exp(-np.maximum(log_x, 6))
    series = 1 - far * (1 - 2 * far * (1 - 3 * far * (1 - 4 * far * (1 - 5 * far))))
    middle = np.log(exp1(x)) + x
    with np.errstate(divide="ignore"):
        near = np.log(-np.euler_gamma - np.minimum(log_x, -40))
    return np.where(log_x < -40, near, np.where(log_x > 6, np.log(series) - log_x, middle))

"""Inverse Nakagami noise: the Student-t prior."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from array_api_compat import array_namespace
from numpy.typing import ArrayLike, NDArray

from bayesdrop.noise.base import Noise, Support


@dataclass(frozen=True)
class InverseNakagami(Noise):
    """λ² ~ InverseGamma(shape, rate), so p(λ) = 2 bᵃ/Γ(a) λ^(−2a−1) exp(−b/λ²).

    The marginal prior is Student-t with 2a degrees of freedom and scale √(b/a) · base_scale
    (Nalisnick et al. 2019, table 1).

    Parameters
    ----------
    shape
        a, positive. E λ² is finite for a > 1.
    rate
        b, positive.
    """

    shape: float
    rate: float
    support: ClassVar[Support] = "positive"
    parameters: ClassVar[Mapping[str, Support]] = {"shape": "positive", "rate": "positive"}

    def log_density(self, x: Any) -> Any:
        xp = array_namespace(x)
        constant = math.log(2) + self.shape * math.log(self.rate) - math.lgamma(self.shape)
        return constant - (2 * self.shape + 1) * xp.log(x) - self.rate / x**2

    @property
    def mean(self) -> float:
        if self.shape <= 0.5:
            return math.inf
        ratio = math.lgamma(self.shape - 0.5) - math.lgamma(self.shape)
        return math.sqrt(self.rate) * math.exp(ratio)

    @property
    def second_moment(self) -> float:
        return self.rate / (self.shape - 1) if self.shape > 1 else math.inf

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float64]:
        return np.sqrt(self.rate / rng.gamma(self.shape, size=shape))

    def log_marginal(self, w: ArrayLike, base_scale: float = 1.0) -> NDArray[np.float64]:
        """Student-t with df = 2a and scale √(b/a) · base_scale."""
        a, spread = self.shape, 2 * self.rate * base_scale**2
        constant = math.lgamma(a + 0.5) - math.lgamma(a) - 0.5 * math.log(math.pi * spread)
        with np.errstate(over="ignore"):
            square = np.asarray(w, dtype=np.float64) ** 2 / spread
        return constant - (a + 0.5) * np.log1p(square)

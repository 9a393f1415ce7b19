"""Inverse Nakagami noise: the Student-t prior."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from array_api_compat import array_namespace
from numpy.typing import NDArray

from bayesdrop.arrays import gammaln, log
from bayesdrop.noise.base import Noise
from bayesdrop.noise.parameters import Parameter
from bayesdrop.noise.support import Support


@dataclass(frozen=True)
class InverseNakagami(Noise):
    """λ² is InverseGamma(shape, rate), so that p(λ) = 2 bᵃ/Γ(a) λ^(−2a−1) exp(−b/λ²).

    The marginal prior is Student-t with 2a degrees of freedom and scale √(b/a) · base_scale
    (Nalisnick et al. 2019, table 1).

    Parameters
    ----------
    shape
        a, positive. E λ² is finite for a > 1.
    rate
        b, positive.
    """

    shape: Parameter
    rate: Parameter
    support: ClassVar[Support] = "positive"
    parameters: ClassVar[Mapping[str, Support]] = {"shape": "positive", "rate": "positive"}

    def log_density(self, x: Any) -> Any:
        xp = array_namespace(x)
        constant = math.log(2) + self.shape * log(self.rate) - gammaln(self.shape)
        return constant - (2 * self.shape + 1) * xp.log(x) - self.rate / x**2

    @property
    def induced_prior(self) -> str:
        return f"Student-t, df {2 * self.start.shape:g}"

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

    def log_group_density(self, squares: Any, count: int) -> Any:
        """Return the log density of a multivariate Student-t with df = 2a.

        Its scale is √(b/a) in every direction.
        """
        a, half = self.shape, count / 2
        constant = gammaln(a + half) - gammaln(a) - half * math.log(2 * math.pi)
        return constant + a * log(self.rate) - (a + half) * log(self.rate + squares / 2)

    def log_weight_density(self, w: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the log density of a Student-t with df = 2a and scale √(b/a)."""
        from scipy.special import betaln

        a, log_spread = self.shape, math.log(2 * self.rate)
        with np.errstate(divide="ignore", invalid="ignore"):
            log_square = 2 * np.log(np.abs(w)) - log_spread
            log_sum = np.logaddexp(0, log_square)
        return -betaln(a, 0.5) - 0.5 * log_spread - (a + 0.5) * log_sum

"""Beta noise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from array_api_compat import array_namespace
from numpy.typing import NDArray

from bayesdrop.arrays import gammaln
from bayesdrop.noise.base import Noise
from bayesdrop.noise.parameters import Parameter
from bayesdrop.noise.pieces import Piece, log_expit
from bayesdrop.noise.support import Support


@dataclass(frozen=True)
class Beta(Noise):
    """λ has density λ^(a−1) (1 − λ)^(b−1) / B(a, b); as a and b go to 0 it becomes dropout.

    The marginal prior is a Gaussian scale mixture without a closed form. At w = 0 it is finite
    for a > 1 only.

    Parameters
    ----------
    a, b
        Positive. The mean is a/(a + b).
    """

    a: Parameter
    b: Parameter
    support: ClassVar[Support] = "unit_interval"
    parameters: ClassVar[Mapping[str, Support]] = {"a": "positive", "b": "positive"}

    def log_density(self, x: Any) -> Any:
        xp = array_namespace(x)
        return (self.a - 1) * xp.log(x) + (self.b - 1) * xp.log1p(-x) - self._log_beta

    @property
    def _log_beta(self) -> Any:
        a, b = self.a, self.b
        if not isinstance(a + b, float) or a + b < 100:
            return gammaln(a) + gammaln(b) - gammaln(a + b)
        from scipy.special import betaln  # where the difference would lose digits

        return float(betaln(a, b))

    @property
    def induced_prior(self) -> str:
        return "beta scale mixture, numerical"

    @property
    def mean(self) -> float:
        return self.a / (self.a + self.b)

    @property
    def second_moment(self) -> float:
        return self.mean * (self.a + 1) / (self.a + self.b + 1)

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float64]:
        return rng.beta(self.a, self.b, shape)

    def pieces(self) -> tuple[Piece, ...]:
        """Go over the logit scale, where 1 − λ keeps its digits."""

        def log_weight(u: Any) -> Any:
            return self.a * log_expit(u) + self.b * log_expit(-u) - self._log_beta

        return (Piece(1, log_expit, log_weight),)

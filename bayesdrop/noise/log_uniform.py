"""Log-uniform noise on a bounded range."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from array_api_compat import array_namespace
from numpy.typing import NDArray

from bayesdrop.field_checks import checked_number
from bayesdrop.noise.base import Noise
from bayesdrop.noise.support import Support


@dataclass(frozen=True)
class LogUniform(Noise):
    """The logarithm of λ is uniform: p(λ) = 1/(λ log(high/low)) on (low, high).

    On (0, ∞) this is the Jeffreys prior of a scale, which does not integrate (the log-uniform
    prior of variational dropout, Kingma, Salimans & Welling 2015, is that one): a model needs
    the range to be said. The marginal prior is [Φ(|w|/low) − Φ(|w|/high)]/(|w| log(high/low)) at
    base_scale 1, so about 1/(2 |w| log(high/low)) well between the ends.

    Parameters
    ----------
    low, high
        Finite, 0 < low < high.
    """

    low: float
    high: float
    support: ClassVar[Support] = "interval"

    def __post_init__(self) -> None:
        checked_number(self, "low", above=0)
        checked_number(self, "high", above=self.low)

    @property
    def bounds(self) -> tuple[float, float]:
        return self.low, self.high

    @property
    def _log_ratio(self) -> float:
        return math.log1p((self.high - self.low) / self.low)

    def log_density(self, x: Any) -> Any:
        return -array_namespace(x).log(x) - math.log(self._log_ratio)

    @property
    def induced_prior(self) -> str:
        return "bounded log-uniform (Jeffreys)"

    @property
    def mean(self) -> float:
        return (self.high - self.low) / self._log_ratio

    @property
    def second_moment(self) -> float:
        return (self.high - self.low) * (self.high + self.low) / (2 * self._log_ratio)

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float64]:
        return self.low * np.exp(self._log_ratio * rng.random(shape))

    def log_weight_density(self, w: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return log[Φ(x/low) − Φ(x/high)] − log(x log(high/low)) with x = |w|."""
        from scipy.special import erf, erfcx

        x = np.abs(w)
        with np.errstate(all="ignore"):
            near, far = x / self.high / math.sqrt(2), x / self.low / math.sqrt(2)
            body = np.log(erf(far) - erf(near))
            tail = np.log(erfcx(near) - np.exp((near - far) * (near + far)) * erfcx(far)) - near**2
            log_mass = np.where(near < 1, body, tail) - np.log(2 * x)
        at_zero = math.log(1 / self.low - 1 / self.high) - 0.5 * math.log(2 * math.pi)
        log_mass = np.where(x == 0, at_zero, np.where(np.isposinf(x), -np.inf, log_mass))
        return log_mass - math.log(self._log_ratio)

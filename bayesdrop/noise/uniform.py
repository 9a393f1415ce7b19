"""Uniform noise."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from bayesdrop.field_checks import checked_number
from bayesdrop.noise.base import Noise
from bayesdrop.noise.support import Support


@dataclass(frozen=True)
class Uniform(Noise):
    """λ is uniform on (low, high), for example (1 − δ, 1 + δ).

    The marginal prior is a Gaussian scale mixture, integrated numerically. At w = 0 it is finite
    only if the interval stays away from 0.

    Parameters
    ----------
    low, high
        Finite, low < high; they may be negative.
    """

    low: float
    high: float
    support: ClassVar[Support] = "interval"

    def __post_init__(self) -> None:
        checked_number(self, "low")
        checked_number(self, "high", above=self.low)

    @property
    def bounds(self) -> tuple[float, float]:
        return self.low, self.high

    def log_density(self, x: Any) -> Any:
        return 0 * x - math.log(self.high - self.low)

    @property
    def induced_prior(self) -> str:
        return "uniform scale mixture, numerical"

    @property
    def mean(self) -> float:
        return (self.low + self.high) / 2

    @property
    def second_moment(self) -> float:
        return (self.low**2 + self.low * self.high + self.high**2) / 3

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float64]:
        return rng.uniform(self.low, self.high, shape)

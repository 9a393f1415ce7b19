"""Noises of a user's own, one for each support, each given as a density alone."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

from array_api_compat import array_namespace

from bayesdrop.noise.base import Noise
from bayesdrop.noise.support import Support


@dataclass(frozen=True)
class HalfStudent(Noise):
    """|t| with ``df`` degrees of freedom: its moments of order df and above do not exist."""

    df: float
    support: ClassVar[Support] = "positive"

    def log_density(self, x: Any) -> Any:
        constant = math.lgamma((self.df + 1) / 2) - math.lgamma(self.df / 2) + math.log(2)
        constant -= 0.5 * math.log(self.df * math.pi)
        return constant - (self.df + 1) / 2 * array_namespace(x).log1p(x**2 / self.df)


@dataclass(frozen=True)
class Logistic(Noise):
    """p(λ) = sech²((λ − centre)/2s)/4s, of both signs."""

    centre: float
    scale: float
    support: ClassVar[Support] = "real"

    def log_density(self, x: Any) -> Any:
        xp = array_namespace(x)
        z = xp.abs(x - self.centre) / self.scale
        return -z - math.log(self.scale) - 2 * xp.log1p(xp.exp(-z))


@dataclass(frozen=True)
class Kumaraswamy(Noise):
    """p(λ) = a b λ^(a−1) (1 − λ^a)^(b−1): λ^a ~ Beta(1, b)."""

    a: float
    b: float
    support: ClassVar[Support] = "unit_interval"

    def log_density(self, x: Any) -> Any:
        xp = array_namespace(x)
        log = xp.log(x)
        above = xp.log(-xp.expm1(self.a * log))
        return math.log(self.a * self.b) + (self.a - 1) * log + (self.b - 1) * above


@dataclass(frozen=True)
class Arcsine(Noise):
    """p(λ) = 1/(π √((λ − low)(high − λ))), infinite at both ends."""

    low: float
    high: float
    support: ClassVar[Support] = "interval"

    @property
    def bounds(self) -> tuple[float, float]:
        return self.low, self.high

    def log_density(self, x: Any) -> Any:
        log = array_namespace(x).log
        return -math.log(math.pi) - 0.5 * log(x - self.low) - 0.5 * log(self.high - x)


@dataclass(frozen=True)
class Coin(Noise):
    """1 with probability ``heads``, else 0."""

    heads: float
    support: ClassVar[Support] = "boolean"

    def log_density(self, x: Any) -> Any:
        return array_namespace(x).log(x * self.heads + (1 - x) * (1 - self.heads))


@dataclass(frozen=True)
class Exponential(Noise):
    """p(λ) = exp(−λ/m)/m, whose mean may be learned."""

    mean_: Any = 1.0
    support: ClassVar[Support] = "positive"
    parameters: ClassVar = {"mean_": "positive"}

    def log_density(self, x: Any) -> Any:
        log = math.log if isinstance(self.mean_, float) else array_namespace(self.mean_).log
        return -x / self.mean_ - log(self.mean_)

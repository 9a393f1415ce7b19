"""Regularised half-Cauchy noise: the regularised horseshoe prior."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from array_api_compat import array_namespace
from numpy.typing import NDArray

from bayesdrop.arrays import log
from bayesdrop.field_checks import checked_number
from bayesdrop.noise.base import Noise
from bayesdrop.noise.half_cauchy import HalfCauchy
from bayesdrop.noise.parameters import Parameter
from bayesdrop.noise.pieces import Piece, log_expit
from bayesdrop.noise.support import Support


@dataclass(frozen=True)
class RegularizedHalfCauchy(Noise):
    """λ is c η/√(c² + η²) with η ~ HalfCauchy(scale) and c = slab, so that λ < c.

    It is the local scale of the regularised horseshoe (Piironen & Vehtari 2017, "Sparsity
    information and regularization in the horseshoe and other shrinkage priors", eq. 2.8): small
    weights are shrunk as by the horseshoe, large ones as by N(0, slab² base_scale²).

    Parameters
    ----------
    scale
        s, positive. Default 1.
    slab
        c, the slab's width, positive. Default 2.
    """

    scale: Parameter = 1.0
    slab: float = 2.0
    support: ClassVar[Support] = "interval"
    parameters: ClassVar[Mapping[str, Support]] = {"scale": "positive"}

    def __post_init__(self) -> None:
        super().__post_init__()
        checked_number(self, "slab", above=0)

    @property
    def bounds(self) -> tuple[float, float]:
        return 0.0, self.slab

    def log_density(self, x: Any) -> Any:
        """Return the log of (2/π) c³ / [(s (c² − λ²) + c² λ²/s) √(c² − λ²)].

        The density is integrable at λ = c.
        """
        xp = array_namespace(x)
        s, c = self.scale, self.slab
        gap = xp.clip(c - x, c * xp.finfo(x.dtype).eps, None)  # λ may round to c
        left = gap * (c + x)
        decay = (s * left + (c * x) ** 2 / s) / c**3
        return math.log(2 / math.pi) - xp.log(decay) - 0.5 * xp.log(left)

    @property
    def induced_prior(self) -> str:
        return "regularised horseshoe"

    @property
    def mean(self) -> float:
        """Return (2/π) s c asinh(k/s)/k with k² = c² − s², or atan(k/c)/k with k² = s² − c²."""
        s, c = self.scale, self.slab
        k = math.sqrt(abs(c - s) * (c + s))
        ratio = 1 / s if k == 0 else (math.asinh(k / s) if c > s else math.atan(k / c)) / k
        return 2 / math.pi * s * c * ratio

    @property
    def second_moment(self) -> float:
        """Return c² s/(c + s)."""
        return self.slab**2 * self.scale / (self.slab + self.scale)

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float64]:
        eta = HalfCauchy(self.scale).draw(rng, shape)
        return eta / np.hypot(1, eta / self.slab)

    def pieces(self) -> tuple[Piece, ...]:
        """Go over log η, which keeps the digits of c − λ."""

        def log_scale(u: Any) -> Any:
            return u + 0.5 * log_expit(-2 * (u - math.log(self.slab)))

        def log_weight(u: Any) -> Any:
            log_ratio = u - log(self.scale)
            return math.log(2 / math.pi) + log_ratio + log_expit(-2 * log_ratio)

        return (Piece(1, log_scale, log_weight),)

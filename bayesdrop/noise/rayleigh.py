"""Rayleigh noise: the Laplace prior."""

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
class Rayleigh(Noise):
    """λ² is exponential with mean 2s², so that p(λ) = λ/s² exp(−λ²/(2s²)).

    The marginal prior is Laplace with scale s · base_scale (Andrews & Mallows 1974).

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
        return xp.log(x) - 2 * log(self.scale) - 0.5 * (x / self.scale) ** 2

    @property
    def scale_parameter(self) -> str:
        return "scale"

    @property
    def induced_prior(self) -> str:
        return "Laplace"

    @property
    def mean(self) -> float:
        return self.scale * math.sqrt(math.pi / 2)

    @property
    def second_moment(self) -> float:
        return 2 * self.scale**2

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float64]:
        return rng.rayleigh(self.scale, shape)

    def log_weight_density(self, w: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return −|w|/s − log(2s)."""
        return -np.abs(w) / self.scale - math.log(2 * self.scale)

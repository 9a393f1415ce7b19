"""Half-normal noise, and the default prior of a likelihood's scale."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from bayesdrop.arrays import log
from bayesdrop.noise.base import Noise
from bayesdrop.noise.gaussian import Gaussian
from bayesdrop.noise.parameters import Parameter
from bayesdrop.noise.support import Support


@dataclass(frozen=True)
class HalfNormal(Noise):
    """λ is |x| with x ~ N(0, scale²).

    The marginal prior is that of zero-mean Gaussian noise.

    Parameters
    ----------
    scale
        Standard deviation before folding, positive. Default 1.
    """

    scale: Parameter = 1.0
    support: ClassVar[Support] = "positive"
    parameters: ClassVar[Mapping[str, Support]] = {"scale": "positive"}

    def log_density(self, x: Any) -> Any:
        return -0.5 * (x / self.scale) ** 2 - log(self.scale) + 0.5 * math.log(2 / math.pi)

    @property
    def scale_parameter(self) -> str:
        return "scale"

    @property
    def induced_prior(self) -> str:
        return Gaussian(self.scale).induced_prior

    @property
    def mean(self) -> float:
        return self.scale * math.sqrt(2 / math.pi)

    @property
    def second_moment(self) -> float:
        return self.scale**2

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float64]:
        return np.abs(self.scale * rng.standard_normal(shape))

    def log_weight_density(self, w: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the log density under :class:`Gaussian` noise of this scale.

        The sign of λ is lost in λ z.
        """
        return Gaussian(self.scale).log_weight_density(w)

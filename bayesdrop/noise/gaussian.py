"""Gaussian noise: zero-mean, or mean-one as in Gaussian dropout."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from bayesdrop.arrays import log
from bayesdrop.noise.base import Noise
from bayesdrop.noise.parameters import Parameter
from bayesdrop.noise.support import Support


@dataclass(frozen=True)
class Gaussian(Noise):
    """λ is normal: λ ~ N(mean, scale²).

    Zero-mean noise gives the marginal K₀(|w|/t)/(π t), a generalised hyperbolic prior;
    ``Gaussian(scale=√α, mean=1)`` is Gaussian dropout (Srivastava et al. 2014, §10).

    Parameters
    ----------
    scale
        Standard deviation, positive. Default 1.
    mean
        Mean. Default 0.
    """

    scale: Parameter = 1.0
    mean: Parameter = 0.0  # pyright: ignore[reportIncompatibleMethodOverride, reportAssignmentType]
    support: ClassVar[Support] = "real"
    parameters: ClassVar[Mapping[str, Support]] = {"scale": "positive", "mean": "real"}

    def log_density(self, x: Any) -> Any:
        return (
            -0.5 * ((x - self.mean) / self.scale) ** 2
            - log(self.scale)
            - 0.5 * math.log(2 * math.pi)
        )

    @property
    def scale_parameter(self) -> str | None:
        zero_mean = isinstance(self.mean, float) and self.mean == 0
        return "scale" if zero_mean else None

    @property
    def induced_prior(self) -> str:
        return "K₀ (generalised hyperbolic)" if self.mean == 0 else "Gaussian dropout, numerical"

    @property
    def second_moment(self) -> float:
        return self.mean**2 + self.scale**2

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float64]:
        return self.mean + self.scale * rng.standard_normal(shape)

    def log_weight_density(self, w: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return log K₀(|w|/t) − log(π t) with t = scale; it is numerical unless the mean is 0."""
        if self.mean != 0:
            return super().log_weight_density(w)
        from scipy.special import k0e

        x = np.abs(w) / self.scale
        with np.errstate(divide="ignore"):
            return np.log(k0e(x)) - x - math.log(math.pi * self.scale)

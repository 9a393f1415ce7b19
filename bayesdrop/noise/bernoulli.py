"""Bernoulli noise: dropout, the spike-and-slab prior."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from array_api_compat import array_namespace
from numpy.typing import NDArray

from bayesdrop.noise.base import Noise
from bayesdrop.noise.parameters import Parameter
from bayesdrop.noise.support import Support


@dataclass(frozen=True)
class Bernoulli(Noise):
    """λ is 1 with probability ``keep``, else 0 (Hinton et al. 2012; Srivastava et al. 2014).

    The marginal prior is the spike-and-slab (1 − keep) δ₀ + keep N(0, base_scale²).

    Parameters
    ----------
    keep
        Probability of keeping a unit, in (0, 1]; the dropout rate is 1 − keep.
    """

    keep: Parameter
    support: ClassVar[Support] = "boolean"
    parameters: ClassVar[Mapping[str, Support]] = {"keep": "unit_interval"}

    def log_density(self, x: Any) -> Any:
        xp = array_namespace(x)
        drop = math.log1p(-self.keep) if self.keep < 1 else -math.inf
        return xp.where(x == 1, xp.full_like(x, math.log(self.keep)), xp.full_like(x, drop))

    @property
    def induced_prior(self) -> str:
        return "spike-and-slab"

    @property
    def mean(self) -> float:
        return self.keep

    @property
    def second_moment(self) -> float:
        return self.keep

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float64]:
        return (rng.random(shape) < self.keep).astype(np.float64)

    def log_weight_density(self, w: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return log keep + log N(w; 0, 1): the continuous part, of total mass ``keep``."""
        with np.errstate(over="ignore"):
            return math.log(self.keep) - 0.5 * w**2 - 0.5 * math.log(2 * math.pi)

"""The normal distribution."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from array_api_compat import array_namespace
from numpy.typing import NDArray

from bayesdrop.family import normal_mixture
from bayesdrop.family.base import Array, Family, Kind, Parameters


class Normal(Family):
    """The target is normal: ``y ~ N(loc, scale²)``."""

    kind: ClassVar[Kind] = "continuous"

    def log_prob(self, parameters: Parameters, y: Any) -> Any:
        loc, scale = parameters["loc"], parameters["scale"]
        log = array_namespace(loc).log
        return -0.5 * ((y - loc) / scale) ** 2 - log(scale) - 0.5 * math.log(2 * math.pi)

    def cdf(self, parameters: Parameters, y: NDArray) -> NDArray:
        from scipy.special import ndtr

        return ndtr((y - parameters["loc"]) / parameters["scale"])

    def fisher_information(self, parameters: Parameters) -> Mapping[str, Any]:
        precision = parameters["scale"] ** -2
        return {"loc": precision, "scale": 2 * precision}

    def mean(self, parameters: Parameters) -> NDArray[np.floating]:
        return parameters["loc"]

    def variance(self, parameters: Parameters) -> NDArray[np.floating]:
        return np.square(parameters["scale"], dtype=np.float64)

    def sample(self, parameters: Parameters, rng: np.random.Generator) -> Array:
        return rng.normal(parameters["loc"], parameters["scale"])

    def mixture_quantile(self, parameters: Parameters, q: NDArray) -> Array:
        return normal_mixture.quantile(parameters["loc"], parameters["scale"], q)

    def mixture_crps(self, parameters: Parameters, y: NDArray) -> Array:
        return normal_mixture.crps(parameters["loc"], parameters["scale"], y)

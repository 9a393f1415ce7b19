"""A family and a likelihood of a user's own: double-exponential noise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from array_api_compat import array_namespace

import bayesdrop as bd


class DoubleExponential(bd.Family):
    """Known by its density, cdf and samples alone."""

    kind = "continuous"

    def log_prob(self, parameters: Any, y: Any) -> Any:
        loc, scale = parameters["loc"], parameters["scale"]
        return -abs(y - loc) / scale - array_namespace(scale).log(2 * scale)

    def cdf(self, parameters: Any, y: Any) -> Any:
        z = (y - parameters["loc"]) / parameters["scale"]
        tail = 0.5 * np.exp(-abs(z))
        return np.where(z < 0, tail, 1 - tail)

    def sample(self, parameters: Any, rng: np.random.Generator) -> Any:
        return rng.laplace(parameters["loc"], parameters["scale"])


class Informed(DoubleExponential):
    """With its Fisher information."""

    def fisher_information(self, parameters: Any) -> Mapping[str, Any]:
        precision = parameters["scale"] ** -2
        return {"loc": precision, "scale": precision}


@dataclass(frozen=True)
class UninformedNoise(bd.Likelihood):
    scale: bd.Noise = field(default_factory=bd.noise.HalfNormal)
    family = DoubleExponential()

    @property
    def priors(self) -> dict[str, bd.Noise]:
        return {"noise_scale": self.scale}

    def parameters(self, output: Any, values: Mapping[str, Any]) -> Any:
        scale = values["noise_scale"][..., None, :]
        return {"loc": output, "scale": array_namespace(output).broadcast_to(scale, output.shape)}


class InformedNoise(UninformedNoise):
    family = Informed()

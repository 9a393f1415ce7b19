"""The Gaussian likelihood with one noise scale per output."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from array_api_compat import array_namespace
from numpy.typing import NDArray

from bayesdrop import mixture
from bayesdrop.likelihood.base import Likelihood, Parameters
from bayesdrop.noise import HalfNormal, Noise
from bayesdrop.spec import checked_number


@dataclass(frozen=True)
class Gaussian(Likelihood):
    """``y ~ N(f(x), scale²)``, independently per output.

    Parameters
    ----------
    scale
        Noise standard deviation of the standardised target: a positive number, or the prior of a
        learned one (one per output), a positive distribution from ``bd.noise``. Default
        ``HalfNormal(1.0)``.
    """

    scale: float | Noise = field(default_factory=HalfNormal)
    family: ClassVar[str] = "Normal"
    standardises_target: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if not isinstance(self.scale, Noise):
            checked_number(self, "scale", above=0)
        elif self.scale.support != "positive":
            raise ValueError(
                f"Gaussian(scale={self.scale!r}): the prior of a noise scale must be positive, "
                f"not {self.scale.support}: for example HalfNormal(1.0)"
            )

    def latent(self, n_outputs: int) -> dict[str, tuple[tuple[int, ...], Noise]]:
        if isinstance(self.scale, Noise):
            return {"noise_scale": ((n_outputs,), self.scale)}
        return {}

    def network_outputs(self, n_outputs: int) -> int:
        return n_outputs

    def parameters(self, output: Any, values: Mapping[str, Any]) -> Parameters:
        xp = array_namespace(output)
        if isinstance(self.scale, Noise):
            scale = values["noise_scale"][..., None, :]
        else:
            scale = xp.full_like(output[..., :1, :], self.scale)
        return {"loc": output, "scale": xp.broadcast_to(scale, output.shape)}

    def log_prob(self, parameters: Parameters, y: Any) -> Any:
        loc, scale = parameters["loc"], parameters["scale"]
        log = array_namespace(loc).log
        return -0.5 * ((y - loc) / scale) ** 2 - log(scale) - 0.5 * math.log(2 * math.pi)

    def original_units(
        self, parameters: Parameters, shift: NDArray[np.float64], scale: NDArray[np.float64]
    ) -> Parameters:
        return {"loc": shift + scale * parameters["loc"], "scale": scale * parameters["scale"]}

    def draw_mean(self, parameters: Parameters) -> NDArray[np.floating]:
        return parameters["loc"]

    def draw_variance(self, parameters: Parameters) -> NDArray[np.floating]:
        return np.square(parameters["scale"], dtype=np.float64)

    def draw_sample(self, parameters: Parameters, rng: np.random.Generator) -> NDArray[np.float64]:
        return rng.normal(parameters["loc"], parameters["scale"])

    def mixture_log_prob(self, parameters: Parameters, y: NDArray) -> NDArray[np.float64]:
        return mixture.log_prob(parameters["loc"], parameters["scale"], y)

    def mixture_cdf(self, parameters: Parameters, y: NDArray) -> NDArray[np.float64]:
        return mixture.cdf(parameters["loc"], parameters["scale"], y)

    def mixture_quantile(self, parameters: Parameters, q: NDArray) -> NDArray[np.float64]:
        return mixture.quantile(parameters["loc"], parameters["scale"], q)

    def mixture_crps(self, parameters: Parameters, y: NDArray) -> NDArray[np.float64]:
        return mixture.crps(parameters["loc"], parameters["scale"], y)

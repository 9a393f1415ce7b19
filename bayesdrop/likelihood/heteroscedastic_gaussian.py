"""The Gaussian likelihood whose noise scale is a function of the inputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from bayesdrop.family import Family, Normal, Parameters
from bayesdrop.likelihood.base import Likelihood, exponential


@dataclass(frozen=True)
class HeteroscedasticGaussian(Likelihood):
    """The network gives the noise too: ``y ~ N(f(x), exp(g(x))²)``, independently per output.

    It has twice as many outputs as there are targets: first f, then g, the log of the noise
    standard deviation of the standardised target, kept within ±40 (Nix & Weigend, 1994).
    """

    family: ClassVar[Family] = Normal()
    standardises_target: ClassVar[bool] = True

    def network_outputs(self, n_outputs: int) -> int:
        return 2 * n_outputs

    def parameters(self, output: Any, values: Mapping[str, Any]) -> Parameters:
        n_outputs = output.shape[-1] // 2
        return {"loc": output[..., :n_outputs], "scale": exponential(output[..., n_outputs:])}

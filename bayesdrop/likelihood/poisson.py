"""The Poisson likelihood: a target that counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from bayesdrop.family import Family, Parameters
from bayesdrop.family import Poisson as PoissonFamily
from bayesdrop.likelihood.base import Likelihood, exponential
from bayesdrop.likelihood.counts import check_counts


@dataclass(frozen=True)
class Poisson(Likelihood):
    """Counts are Poisson: ``y ~ Poisson(exp(f(x)))``, independently per output.

    f is kept within ±40. The mean is that of one unit of exposure: ``bd.fit(..., exposure=e)`` has
    e · exp(f(x)).

    Counts may be up to 10,000: log p of a larger one is a small difference of large numbers, of
    which float32 leaves too little (at 100,000 the sum over 200 rows was off by half a nat).
    """

    family: ClassVar[Family] = PoissonFamily()
    standardises_target: ClassVar[bool] = False

    def parameters(self, output: Any, values: Mapping[str, Any]) -> Parameters:
        return {"rate": exponential(output)}

    def exposed(self, parameters: Parameters, exposure: Any) -> Parameters:
        return {"rate": parameters["rate"] * exposure}

    def check_target(self, y: NDArray[np.float64]) -> None:
        check_counts(y, "bd.Poisson()")

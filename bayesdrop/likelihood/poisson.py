"""The Poisson likelihood: a target that counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from bayesdrop.family import Family, Parameters
from bayesdrop.family import Poisson as PoissonFamily
from bayesdrop.likelihood.base import Likelihood, examples, exponential


@dataclass(frozen=True)
class Poisson(Likelihood):
    """``y ~ Poisson(exp(f(x)))``, independently per output; f is kept within ±40."""

    family: ClassVar[Family] = PoissonFamily()
    standardises_target: ClassVar[bool] = False

    def parameters(self, output: Any, values: Mapping[str, Any]) -> Parameters:
        return {"rate": exponential(output)}

    def check_target(self, y: NDArray[np.float64]) -> None:
        wrong = y[~((y >= 0) & (y == np.floor(y)))]
        if wrong.size:
            raise ValueError(
                f"y has {wrong.size} values that are no counts ({examples(wrong)}), and "
                "bd.Poisson() takes whole numbers from 0: use bd.Gaussian() or bd.StudentT() for "
                "real numbers"
            )

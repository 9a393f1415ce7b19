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

_LARGEST_COUNT = 10_000


@dataclass(frozen=True)
class Poisson(Likelihood):
    """``y ~ Poisson(exp(f(x)))``, independently per output; f is kept within ±40.

    Counts may be up to 10,000: log p of a larger one is a small difference of large numbers, of
    which float32 leaves too little (at 100,000 the sum over 200 rows was off by half a nat).
    """

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
        if y.size and y.max() > _LARGEST_COUNT:
            raise ValueError(
                f"y has counts up to {y.max():.0f}, and of counts above {_LARGEST_COUNT:,} "
                "bd.Poisson()'s log density is too coarse in float32: use bd.Gaussian() for their "
                "logarithms or square roots"
            )

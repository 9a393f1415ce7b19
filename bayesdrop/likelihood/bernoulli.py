"""The Bernoulli likelihood: a target that is 0 or 1."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from bayesdrop.family import Bernoulli as BernoulliFamily
from bayesdrop.family import Family, Parameters
from bayesdrop.likelihood.base import Likelihood, examples


@dataclass(frozen=True)
class Bernoulli(Likelihood):
    """``P(y = 1) = 1 / (1 + exp(−f(x)))``, independently per output."""

    family: ClassVar[Family] = BernoulliFamily()
    standardises_target: ClassVar[bool] = False

    def parameters(self, output: Any, values: Mapping[str, Any]) -> Parameters:
        return {"logits": output}

    def check_target(self, y: NDArray[np.float64]) -> None:
        distinct = np.unique(y)
        if not np.isin(distinct, (0.0, 1.0)).all():
            raise ValueError(
                f"y has {len(distinct)} distinct values ({examples(y)}), and bd.Bernoulli() takes "
                "0 and 1: encode two classes so, or use bd.Categorical(n_classes) for more"
            )

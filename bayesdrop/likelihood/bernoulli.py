"""The Bernoulli likelihood: a target that is one of two classes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bayesdrop.family import Bernoulli as BernoulliFamily
from bayesdrop.family import Family, Parameters
from bayesdrop.likelihood.base import Likelihood
from bayesdrop.likelihood.labels import Label, labels_in
from bayesdrop.wording import some


@dataclass(frozen=True)
class Bernoulli(Likelihood):
    """A target is 1 with probability ``1 / (1 + exp(−f(x)))``, independently per output.

    ``bd.fit`` takes two labels of any kind. The second of them, sorted, is 1; ``True`` is.
    """

    family: ClassVar[Family] = BernoulliFamily()
    standardises_target: ClassVar[bool] = False

    def parameters(self, output: Any, values: Mapping[str, Any]) -> Parameters:
        return {"logits": output}

    def classes_in(self, y: ArrayLike) -> tuple[Label, ...]:
        return labels_in(y, 2, "bd.Bernoulli()")

    def check_target(self, y: NDArray[np.float64]) -> None:
        distinct = np.unique(y)
        if not np.isin(distinct, (0.0, 1.0)).all():
            raise ValueError(
                f"y has {len(distinct)} distinct values ({some(distinct.tolist())}), and "
                "bd.Bernoulli() takes 0 and 1: encode two classes so, or use "
                "bd.Categorical(n_classes) for more"
            )

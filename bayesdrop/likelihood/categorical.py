"""The categorical likelihood: a target that is one of several classes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from bayesdrop.family import Categorical as CategoricalFamily
from bayesdrop.family import Family, Parameters
from bayesdrop.likelihood.base import Likelihood, examples
from bayesdrop.spec import checked_count


@dataclass(frozen=True)
class Categorical(Likelihood):
    """``P(y = k) = exp(f_k(x)) / Σ_j exp(f_j(x))``; there is one target.

    Parameters
    ----------
    n_classes
        Number of classes, at least 2; they are numbered from 0.
    """

    n_classes: int
    family: ClassVar[Family] = CategoricalFamily()
    standardises_target: ClassVar[bool] = False

    def __post_init__(self) -> None:
        checked_count(self, "n_classes", at_least=2)

    def network_outputs(self, n_outputs: int) -> int:
        if n_outputs != 1:
            raise ValueError(
                f"bd.Categorical takes one target column of class numbers, not {n_outputs}: turn "
                "one-hot columns into class numbers by y.argmax(axis=1)"
            )
        return self.n_classes

    def parameters(self, output: Any, values: Mapping[str, Any]) -> Parameters:
        return {"logits": output[..., None, :]}

    def check_target(self, y: NDArray[np.float64]) -> None:
        distinct = np.unique(y)
        if not np.isin(distinct, np.arange(self.n_classes)).all():
            raise ValueError(
                f"y has {len(distinct)} distinct values ({examples(y)}), and {self} takes the "
                f"whole numbers 0 to {self.n_classes - 1}: encode classes by "
                "np.unique(y, return_inverse=True)[1], and give n_classes their number"
            )

"""The categorical likelihood: a target that is one of several classes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bayesdrop.family import Categorical as CategoricalFamily
from bayesdrop.family import Family, Parameters
from bayesdrop.field_checks import checked_count
from bayesdrop.likelihood.base import Likelihood
from bayesdrop.likelihood.labels import Label, labels_in
from bayesdrop.wording import some


@dataclass(frozen=True)
class Categorical(Likelihood):
    """The one target is class k with probability ``exp(f_k(x)) / Σ_j exp(f_j(x))``.

    ``bd.fit`` takes labels of any kind, whose sorted order numbers the classes.

    Parameters
    ----------
    n_classes
        Number of classes, at least 2. Default ``None``: ``bd.fit`` counts the labels of the
        training rows, and ``post.model`` has their number. Give it where a class may have no
        training row; labels are then 0, …, n_classes − 1.
    """

    n_classes: int | None = None
    family: ClassVar[Family] = CategoricalFamily()
    standardises_target: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if self.n_classes is not None:
            checked_count(self, "n_classes", at_least=2)

    @property
    def count(self) -> int:
        """Count the classes.

        Raises
        ------
        ValueError
            Their number is not known before a fit.
        """
        if self.n_classes is None:
            raise ValueError(
                "bd.Categorical() has as many classes as the target that bd.fit is given: give "
                "their number here, bd.Categorical(n_classes)"
            )
        return self.n_classes

    def network_outputs(self, n_outputs: int) -> int:
        if n_outputs != 1:
            raise ValueError(
                f"bd.Categorical takes one target column of class labels, not {n_outputs}: turn "
                "one-hot columns into class numbers by y.argmax(axis=1)"
            )
        return self.count

    def parameters(self, output: Any, values: Mapping[str, Any]) -> Parameters:
        return {"logits": output[..., None, :]}

    def classes_in(self, y: ArrayLike) -> tuple[Label, ...]:
        return labels_in(y, self.n_classes, f"Categorical({self.n_classes or ''})")

    def with_classes(self, count: int) -> Categorical:
        return replace(self, n_classes=count)

    def check_target(self, y: NDArray[np.float64]) -> None:
        distinct = np.unique(y)
        if not np.isin(distinct, np.arange(self.count)).all():
            raise ValueError(
                f"y has {len(distinct)} distinct values ({some(distinct.tolist())}), and {self} "
                f"takes the whole numbers 0 to {self.count - 1}: encode classes by "
                "np.unique(y, return_inverse=True)[1], and give n_classes their number"
            )

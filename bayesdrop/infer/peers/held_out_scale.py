"""The noise scale of a regression that only predicts means: its errors on rows it has not seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bayesdrop.infer.base import UnsupportedModelError


def held_out_scale(
    regression: Callable[[], Any], X: NDArray, y: NDArray, folds: int, seed: int
) -> float:
    """Root mean square error over ``folds`` of cross-validation of the training rows.

    Raises
    ------
    UnsupportedModelError
        There are fewer rows than folds.
    """
    from sklearn.model_selection import KFold, cross_val_predict

    if len(X) < folds:
        raise UnsupportedModelError(
            f"{len(X)} training rows can't be cross-validated in folds={folds}: give fewer folds, "
            "or more rows"
        )
    parts = KFold(folds, shuffle=True, random_state=seed)
    errors = cross_val_predict(regression(), X, y, cv=parts) - y
    return float(np.sqrt(np.mean(errors**2)))

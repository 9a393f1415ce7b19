"""What every metric checks first."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bayesdrop.data.checks import check_squares, numbers_in

if TYPE_CHECKING:
    from bayesdrop.posterior.prediction.predictive import Predictive

Array = NDArray[np.float64]


def checked_target(pred: Predictive, y: ArrayLike, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """``y`` as numbers of that shape with at least one row and no NaN, or a ``ValueError``.

    Numbers whose squares are beyond float64 are refused, too.
    """
    target = pred.numbers(y)
    if target.shape != shape:
        raise ValueError(
            f"y has shape {target.shape}, the prediction {shape}: "
            "give one target per predicted row and output"
        )
    if target.size == 0:
        raise ValueError("there are no rows to evaluate")
    found = without_nan("y", target)
    check_squares(found, "y")
    return found


def without_nan(name: str, values: ArrayLike) -> NDArray[np.float64]:
    """``values`` as float64, or a ``ValueError`` that counts the NaNs."""
    array = numbers_in(values, name)
    if missing := int(np.count_nonzero(np.isnan(array))):
        raise ValueError(f"{name} is NaN for {missing} of {array.size} values")
    return array


def mean_and_target(pred: Predictive, y: ArrayLike) -> tuple[Array, Array]:
    """The predictive mean, and ``y`` as numbers of its shape, or a ``ValueError``."""
    mean = np.asarray(pred.mean, np.float64)
    target = checked_target(pred, y, mean.shape)
    return without_nan("the predictive mean", mean), target


def at_target(pred: Predictive, y: ArrayLike, name: str, score: Callable[[Array], Array]) -> Array:
    """``score`` at ``y``, both checked; ``name`` is what the score is called in a message."""
    _, target = mean_and_target(pred, y)
    return without_nan(name, score(target))


def check_level(level: float) -> None:
    """Raise a ``ValueError`` unless ``level`` is strictly between 0 and 1."""
    if not 0 < level < 1:
        raise ValueError(f"level must lie strictly between 0 and 1, got {level!r}")

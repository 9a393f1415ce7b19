"""Labels of classes, and the numbers from 0 that stand for them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

Label = str | bool | int
"""What names a class: text, a boolean or a whole number."""

_SHOWN = 5


def labels_in(y: ArrayLike, n_classes: int | None, taker: str) -> tuple[Label, ...]:
    """The labels of the classes, in order of their numbers.

    They are the different values of ``y``, sorted. Whole numbers from 0 and below ``n_classes`` are
    their own labels, so that a class may have no row.

    Parameters
    ----------
    y
        Text, booleans or whole numbers, of any shape.
    n_classes
        The number of classes; ``None``: as many as ``y`` has.
    taker
        The likelihood, for messages.

    Raises
    ------
    TypeError, ValueError
        ``y`` lacks values, holds no labels, or has another number of them.
    """
    array = label_array(y)
    if array.dtype.kind == "f":
        values = some(np.unique(array).tolist())
        raise ValueError(
            f"y has {len(np.unique(array))} distinct values ({values}), and {taker} takes labels: "
            "text, booleans or whole numbers. Use bd.Gaussian() or bd.StudentT() for real numbers"
        )
    found: tuple[Label, ...] = tuple(np.unique(array).tolist())
    if array.dtype.kind == "b":
        found = (False, True)
    numbered = range(n_classes or 0)
    if array.dtype.kind in "iu" and all(label in numbered for label in found):
        return tuple(numbered)
    if n_classes in (None, len(found)) or len(found) == 1:
        return found
    have = f"y has {len(found)} distinct values ({some(found)}), and {taker} takes {n_classes}"
    if len(found) > n_classes:
        raise ValueError(f"{have}: use bd.Categorical(), which takes as many as there are")
    raise ValueError(
        f"{have}: use bd.Categorical() for those that are there, or number all classes from 0"
    )


def numbers_of(y: ArrayLike, labels: Sequence[Label]) -> NDArray[np.float64]:
    """The number of every label in ``y``, in its shape.

    Raises
    ------
    TypeError, ValueError
        ``y`` lacks values, or holds what is none of the ``labels``.
    """
    array = label_array(y)
    values, places = np.unique(array, return_inverse=True)
    known = {label: number for number, label in enumerate(labels)}
    if unseen := [value for value in values.tolist() if value not in known]:
        raise ValueError(
            f"y holds {some(unseen)}, which no training row had: the classes are {some(labels)}"
        )
    numbers = np.array([known[value] for value in values.tolist()], dtype=np.float64)
    return numbers[places].reshape(array.shape)


def label_array(y: ArrayLike) -> NDArray:
    """``y`` as an array of text, booleans or whole numbers; other numbers stay float64.

    Raises
    ------
    TypeError
        Values are missing, or of several kinds.
    ValueError
        Numbers are NaN or infinite.
    """
    array = np.asarray(y)
    if array.dtype.kind == "U" and not isinstance(y, np.ndarray):
        array = np.asarray(y, dtype=object)  # NumPy made text of numbers beside text
    if array.dtype.kind in "OT":
        array = _of_objects(array)
    if array.dtype.kind == "f":
        if bad := int(np.sum(~np.isfinite(array))):
            raise ValueError(f"y has {bad} NaN or infinite value(s): drop those rows first")
        return array.astype(np.int64 if np.all(array == np.floor(array)) else np.float64)
    if array.dtype.kind not in "biuU":
        raise TypeError(f"y holds {array.dtype} values: give text, booleans or whole numbers")
    return array


def _of_objects(array: NDArray) -> NDArray:
    import pandas as pd

    if missing := int(np.sum(pd.isna(array))):
        raise TypeError(f"y lacks {missing} value(s): drop those rows first")
    values = array.reshape(-1).tolist()
    booleans = (bool, np.bool_)
    numbers = (*booleans, int, float, np.integer, np.floating)
    for kinds, dtype in ((booleans, bool), (numbers, np.float64), (str, np.str_)):
        if all(isinstance(value, kinds) for value in values):
            return np.array(values, dtype=dtype).reshape(array.shape)
    shown = some(sorted({repr(value) for value in values}), str)
    raise TypeError(f"y holds {shown}: make all of it text, booleans or whole numbers")


def some(values: Sequence[object], write: type[str] | None = None) -> str:
    """The first few of the values, for a message."""
    shown = ", ".join((write or _written)(value) for value in values[:_SHOWN])
    return shown + (", …" if len(values) > _SHOWN else "")


def _written(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else repr(value)

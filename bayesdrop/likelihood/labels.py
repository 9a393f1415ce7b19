"""Labels of classes, and the numbers from 0 that stand for them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bayesdrop.missing import array_of, check_finite
from bayesdrop.wording import some

_LARGEST = 2.0**53  # float64 has every whole number below it

Label = str | bool | int
"""What names a class: text, a boolean or a whole number."""


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
        values = np.unique(array).tolist()
        raise ValueError(
            f"y has {len(values)} distinct values ({some(values)}), and {taker} takes labels: "
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
        Values are of several kinds, or are no labels.
    ValueError
        Values are missing or infinite.
    """
    array = array_of(y)
    if array.dtype.kind in "fO":
        check_finite(array, "y")
    if array.dtype.kind == "O":
        return _text(array)
    if array.dtype.kind == "f":
        whole = np.all(array == np.floor(array)) and np.all(np.abs(array) < _LARGEST)
        return array.astype(np.int64 if whole else np.float64)
    if array.dtype.kind not in "biuU":
        raise TypeError(f"y holds {array.dtype} values: give text, booleans or whole numbers")
    return array


def _text(array: NDArray) -> NDArray:
    """Objects that are all text, as text."""
    values = array.reshape(-1).tolist()
    if not all(isinstance(value, str) for value in values):
        distinct = {repr(value): value for value in values}
        shown = some([distinct[words] for words in sorted(distinct)])
        raise TypeError(f"y holds {shown}: make all of it text, booleans or whole numbers")
    return array.astype(np.str_)

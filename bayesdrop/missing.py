"""Arrays as users give them. NaN stands for what is missing, however they say so."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

NUMBERS = (bool, int, float, Decimal, Fraction, np.bool_, np.integer, np.floating)
"""Types of Python objects that are numbers."""


def unmasked(values: Any) -> Any:
    """Return ``values`` as they are, but a masked array with NaN where it hides a value.

    A list of masked rows becomes such an array, too. Text becomes an array of objects.
    """
    if isinstance(values, (list, tuple)) and any(np.ma.isMaskedArray(row) for row in values):
        values = np.ma.array(values)
    if not np.ma.isMaskedArray(values):
        return values
    array, hidden = np.ma.getdata(values, subok=False), np.ma.getmaskarray(values)
    if not hidden.any():
        return array
    array = array.astype(np.float64 if array.dtype.kind in "buif" else object)
    array[hidden] = np.nan
    return array


def array_of(values: ArrayLike) -> NDArray[Any]:
    """Return ``values`` as a NumPy array of their own shape, with NaN where one is missing.

    A value is missing if it is NaN, None or pandas' NA, or if a masked array hides it. Python
    objects that are all numbers become an array of numbers. Text beside something else stays
    objects.
    """
    given = unmasked(values)
    try:
        array = np.asarray(given)
    except (TypeError, RuntimeError) as error:  # of other libraries' arrays
        reason = str(error).partition("\n")[0]
        raise TypeError(f"a {type(given).__name__} can't become a NumPy array: {reason}") from error
    if array.dtype.kind == "V" and np.can_cast(array.dtype, np.float64):  # such as bfloat16
        array = array.astype(np.float64)
    if array.dtype.kind == "U" and not isinstance(given, np.ndarray):
        array = np.asarray(given, dtype=object)  # NumPy made text of what is beside text
    return _of_objects(array.astype(object)) if array.dtype.kind in "OT" else array


def _of_objects(array: NDArray[Any]) -> NDArray[Any]:
    import pandas as pd

    missing = np.asarray(pd.isna(array))
    if not all(isinstance(value, NUMBERS) for value in array[~missing].tolist()):
        array[missing] = np.nan
        return array
    if missing.any():
        numbers = np.full(array.shape, np.nan)
        numbers[~missing] = floats_of(array[~missing].tolist())
        return numbers
    numbers = np.array(array.tolist()).reshape(array.shape)  # booleans and whole numbers stay
    if numbers.dtype.kind in "buif":
        return numbers
    return floats_of(array.reshape(-1).tolist()).reshape(array.shape)


def floats_of(values: Sequence[Any]) -> NDArray[np.float64]:
    """Python numbers as float64, or a ``ValueError`` if one is beyond it."""
    try:
        return np.array([float(value) for value in values], dtype=np.float64)
    except OverflowError as error:
        raise ValueError(
            "a whole number has more than 308 digits, and float64 has none so large"
        ) from error


def check_finite(
    array: NDArray[Any],
    name: str,
    columns: Sequence[str] | None = None,
    remedy: str = "drop or impute those rows first",
) -> None:
    """Raise a ``ValueError`` if a value of an :func:`array_of` is missing or infinite.

    ``name`` is what the message calls the array, ``columns`` are the names of its columns, if they
    have some, and ``remedy`` is what to do.
    """
    is_text = array.dtype.kind == "O"
    bad = np.argwhere(array != array if is_text else ~np.isfinite(array))  # NaN is not itself
    if len(bad):
        place = ", ".join(str(int(i)) for i in bad[0])
        column = "" if columns is None else f" in column {columns[int(bad[0][1])]!r}"
        raise ValueError(
            f"{name} has {len(bad)} missing or infinite value(s), the first at [{place}]{column}: "
            f"{remedy}"
        )

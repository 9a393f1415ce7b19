"""The columns of a data frame as NumPy arrays, of numbers or of text.

Any data frame that narwhals reads is taken: pandas, polars, pyarrow and more. So is any object
with Arrow's interface for streams, or with the older data frame interchange protocol.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bayesdrop.missing import NUMBERS, floats_of
from bayesdrop.wording import DATES_AS_NUMBERS, some

_DATES = (datetime.date, datetime.time, datetime.timedelta, np.datetime64, np.timedelta64)


def frame_of(X: Any) -> Any:
    """``X`` as a narwhals frame, or ``None`` if it is no data frame."""
    if isinstance(X, (np.ndarray, list, tuple)):
        return None
    import narwhals as nw

    try:
        frame = nw.from_native(_readable(X), pass_through=True)
    except nw.exceptions.DuplicateError as error:
        words = str(error).rpartition("\n")[2].lstrip("- ")
        raise ValueError(f"columns of X have one name, {words}: rename them") from error
    if isinstance(frame, nw.LazyFrame):
        raise TypeError("X is a lazy data frame: give X.collect()")
    return frame if isinstance(frame, nw.DataFrame) else None


def _readable(X: Any) -> Any:
    """``X``, or the Arrow table of a frame that narwhals can read by a protocol alone.

    What says how to become a NumPy array, as those of xarray do, is an array. Record batches say
    so too, and are tables.
    """
    import narwhals as nw

    arrow = nw.dependencies.get_pyarrow()
    if arrow is not None and isinstance(X, arrow.RecordBatch):
        return arrow.Table.from_batches([X])
    if nw.dependencies.is_into_dataframe(X) or hasattr(X, "__array__"):
        return X
    if hasattr(X, "__arrow_c_stream__"):
        import pyarrow as pa

        return pa.table(X)
    if hasattr(X, "__dataframe__"):
        from pyarrow.interchange import from_dataframe

        return from_dataframe(X)
    return X


def names_of(y: Any) -> tuple[str, ...] | None:
    """The names of a target's outputs: those of a frame's columns, or of a series, or ``None``."""
    if isinstance(y, (np.ndarray, list, tuple)):
        return None
    import narwhals as nw

    native = nw.from_native(_readable(y), pass_through=True, allow_series=True)
    if isinstance(native, nw.Series):
        return None if native.name in (None, "") else (str(native.name),)
    return tuple(map(str, native.columns)) if isinstance(native, nw.DataFrame) else None


def is_numbered(names: Sequence[Any]) -> bool:
    """Say whether columns are numbered from 0, as pandas does if they have no names."""
    return [str(name) for name in names] == [str(place) for place in range(len(names))]


def is_by_place(found: Sequence[Any], fitted: Sequence[str], made: Sequence[str]) -> bool:
    """Say whether the columns ``found`` are taken by their place and not by their names.

    They are if they are only numbered, or if the fit's names were ``made`` up and the columns do
    not use them.
    """
    if is_numbered(found):
        return True
    return tuple(fitted) == tuple(made) and not set(fitted) & {str(name) for name in found}


def check_names(found: Sequence[Any], fitted: Sequence[str]) -> None:
    """Raise a ``ValueError`` if a frame has other columns than those of the fit."""
    names = [str(name) for name in found]
    missing = [name for name in fitted if name not in names]
    strange = [name for name in names if name not in fitted]
    if missing or strange:
        raise ValueError(
            "X has other columns than the model was fitted to: missing "
            f"{some(missing) or 'none'}, unexpected {some(strange) or 'none'}"
        )


def values_of(series: Any) -> NDArray[Any]:
    """A narwhals column as float64 with NaN, or as text with ``None``, where it lacks a value."""
    import narwhals as nw

    series, name = _dense(series), str(series.name)
    dtype = series.dtype
    if dtype in (nw.Date, nw.Datetime, nw.Duration, nw.Time):
        raise TypeError(_dates(name))
    if series.is_null().all():
        return np.full(len(series), np.nan)
    if dtype.is_numeric() or dtype == nw.Boolean:
        missing = series.is_null().to_numpy()
        filled = series.fill_null(False if dtype == nw.Boolean else 0) if missing.any() else series
        is_whole = dtype == nw.Boolean or dtype.is_integer()  # Arrow casts no large ones
        numbers = (filled if is_whole else filled.cast(nw.Float64)).to_numpy().astype(np.float64)
        return _finite(np.where(missing, np.nan, numbers), name)
    if dtype in (nw.Categorical, nw.Enum):
        values = zip(series.cast(nw.String).to_list(), series.is_null(), strict=True)
        return _of_objects([None if lacks else value for value, lacks in values], name)
    if dtype in (nw.String, nw.Object):
        return _of_objects(series.to_list(), name)
    own = series.to_native().dtype if dtype == nw.Unknown else dtype
    if str(own).startswith("period"):
        raise TypeError(_dates(name))
    raise TypeError(_neither(name, str(own)))


def _dense(series: Any) -> Any:
    """A sparse column of pandas as its numbers; others as they are."""
    import narwhals as nw
    import pandas as pd

    native = series.to_native()
    if isinstance(native, pd.Series) and isinstance(native.dtype, pd.SparseDtype):
        return nw.from_native(native.sparse.to_dense(), series_only=True)
    return series


def _of_objects(values: list[Any], name: str) -> NDArray[Any]:
    """Python objects that are all numbers, or all text, beside what is missing."""
    import pandas as pd

    missing = np.array([pd.api.types.is_scalar(v) and bool(pd.isna(v)) for v in values])
    present = [value for value, lacks in zip(values, missing, strict=True) if not lacks]
    if all(isinstance(value, NUMBERS) for value in present):
        numbers = np.full(len(values), np.nan)
        numbers[~missing] = floats_of(present)
        return _finite(numbers, name)
    for value in present:
        if isinstance(value, _DATES):
            raise TypeError(_dates(name))
        if not isinstance(value, (str, *NUMBERS)):
            raise TypeError(_neither(name, repr(value)))
    if numbers_there := [value for value in present if not isinstance(value, str)]:
        raise TypeError(
            f"column {name!r} holds text and {numbers_there[0]!r}: make all of it text, by "
            "astype(str), or all of it numbers"
        )
    text = np.full(len(values), None, dtype=object)
    text[~missing] = [str(value) for value in present]
    return text


def _finite(values: NDArray[np.float64], name: str) -> NDArray[np.float64]:
    infinite = np.flatnonzero(np.isinf(values))
    if len(infinite):
        raise ValueError(
            f"column {name!r} has {len(infinite)} infinite value(s), the first in row "
            f"{infinite[0]}: drop or replace those rows first"
        )
    return values


def _neither(name: str, what: str) -> str:
    return (
        f"column {name!r} holds {what}, which is neither numbers nor text: turn it into one of "
        "them, or leave it out"
    )


def _dates(name: str) -> str:
    return f"column {name!r} holds dates or times: {DATES_AS_NUMBERS}"

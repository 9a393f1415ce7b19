"""Data frames as numbers: text becomes indicators, and what is missing is refused or marked.

Any data frame that narwhals reads is taken: pandas, polars, pyarrow and more.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Missing = Literal["error", "indicator"]
MISSING: tuple[Missing, ...] = ("error", "indicator")
_SHOWN = 5
"""How many levels or columns a message shows."""


@dataclass(frozen=True)
class Column:
    """How one column becomes numbers.

    Attributes
    ----------
    name
        Its name in the frame.
    levels
        Of text: the levels in order, each of which has an indicator. ``None`` for numbers.
    fill
        What stands where a value is missing, beside an indicator that says so: of numbers the
        training rows' mean, and 0 of text. ``None``: a missing value is refused.
    """

    name: str
    levels: tuple[str, ...] | None = None
    fill: float | None = None

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The names of the numbers it becomes."""
        own = (self.name,)
        if self.levels is not None:
            own = tuple(f"{self.name}={level}" for level in self.levels)
        return own if self.fill is None else (*own, f"{self.name} missing")

    def numbers(self, values: NDArray[Any]) -> NDArray[np.float64]:
        """``values`` (rows,) of :func:`values_of` as (rows, numbers)."""
        missing = _missing(values)
        if missing.any() and self.fill is None:
            raise ValueError(_lacks(self.name, missing))
        if (values.dtype.kind == "f") != (self.levels is None):
            kinds = ("numbers", "text") if self.levels is None else ("text", "numbers")
            raise TypeError(
                f"column {self.name!r} of X holds {kinds[1]}, and in the fit it held {kinds[0]}"
            )
        if self.levels is None:
            columns = [np.where(missing, self.fill or 0.0, values)]
        else:
            if unseen := sorted(set(values[~missing]) - set(self.levels)):
                raise ValueError(
                    f"column {self.name!r} of X holds {_some(unseen)}, which no training row "
                    f"had: its levels are {_some(self.levels)}"
                )
            columns = [values == level for level in self.levels]
        if self.fill is not None:
            columns.append(missing)
        return np.column_stack(columns).astype(np.float64)


@dataclass(frozen=True)
class Encoding:
    """How the rows that a fit saw become numbers.

    Attributes
    ----------
    columns
        The columns, in order.
    """

    columns: tuple[Column, ...]

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The names of all numbers."""
        return tuple(name for column in self.columns for name in column.feature_names)

    def encode(self, X: Any) -> NDArray[np.float64]:
        """The rows of ``X``, a frame with these columns in any order, as (rows, numbers).

        An array is taken by the place of its columns, unless some are text.

        Raises
        ------
        TypeError
            A column holds what is neither numbers nor text, or something else than in the fit, or
            an array is given where some columns are text.
        ValueError
            The columns are others, a value is missing that was refused in the fit, or a level is
            new.
        """
        frame = frame_of(X)
        if frame is None:
            return self._of_array(np.asarray(X))
        check_names(frame.columns, [column.name for column in self.columns])
        by_name = dict(zip(map(str, frame.columns), frame.iter_columns(), strict=True))
        return np.column_stack(
            [column.numbers(values_of(by_name[column.name])) for column in self.columns]
        )

    def _of_array(self, X: NDArray[Any]) -> NDArray[np.float64]:
        text = [column.name for column in self.columns if column.levels is not None]
        if text:
            raise TypeError(
                f"the fit saw a data frame whose column {text[0]!r} is text: give a data frame "
                f"with the columns {_some([column.name for column in self.columns])}"
            )
        if X.ndim != 2 or X.shape[1] != len(self.columns):
            raise ValueError(
                f"X has shape {X.shape}, and the fit saw {len(self.columns)} columns: give "
                f"(rows, {len(self.columns)}), or a data frame"
            )
        return np.column_stack(
            [c.numbers(x) for c, x in zip(self.columns, X.astype(np.float64).T, strict=True)]
        )


def encoding_of(X: Any, missing: Missing) -> Encoding | None:
    """How ``X`` becomes numbers; ``None`` for an array of which no value may be missing.

    Parameters
    ----------
    X
        A data frame, or an array (rows, features).
    missing
        As in :func:`bayesdrop.fit`.

    Raises
    ------
    TypeError
        A column holds dates, or what is neither numbers nor text.
    ValueError
        Two columns have one name, or a value is missing and may not be.
    """
    frame = frame_of(X)
    if frame is None:
        array = np.asarray(X)
        if missing == "error" or array.ndim != 2 or array.dtype.kind not in "buif":
            return None
        columns = [(f"x{k}", x) for k, x in enumerate(array.astype(np.float64).T)]
        return Encoding(tuple(_column(name, values, missing) for name, values in columns))
    columns = frame.iter_columns()
    return Encoding(tuple(_column(str(own.name), values_of(own), missing) for own in columns))


def frame_of(X: Any) -> Any:
    """``X`` as a narwhals frame, or ``None`` if it is no data frame."""
    if isinstance(X, (np.ndarray, list, tuple)):
        return None
    import narwhals as nw

    try:
        frame = nw.from_native(X, pass_through=True)
    except nw.exceptions.DuplicateError as error:
        words = str(error).rpartition("\n")[2].lstrip("- ")
        raise ValueError(f"columns of X have one name, {words}: rename them") from error
    if isinstance(frame, nw.LazyFrame):
        raise TypeError("X is a lazy data frame: give X.collect()")
    return frame if isinstance(frame, nw.DataFrame) else None


def check_names(found: Sequence[Any], fitted: Sequence[str]) -> None:
    """Raise a ``ValueError`` if a frame has other columns than those of the fit."""
    names = [str(name) for name in found]
    missing = [name for name in fitted if name not in names]
    strange = [name for name in names if name not in fitted]
    if missing or strange:
        raise ValueError(
            "X has other columns than the model was fitted to: missing "
            f"{_some(missing) or 'none'}, unexpected {_some(strange) or 'none'}"
        )


def values_of(series: Any) -> NDArray[Any]:
    """A narwhals column as float64 with NaN, or as text with ``None``, where it lacks a value."""
    import narwhals as nw

    dtype, name = series.dtype, str(series.name)
    if dtype in (nw.Date, nw.Datetime, nw.Duration, nw.Time):
        raise TypeError(_dates(name))
    if series.is_null().all():
        return np.full(len(series), np.nan)
    if dtype.is_numeric() or dtype == nw.Boolean:
        missing = series.is_null().to_numpy()
        filled = series.fill_null(False if dtype == nw.Boolean else 0) if missing.any() else series
        numbers = filled.cast(nw.Float64).to_numpy().astype(np.float64)
        return _finite(np.where(missing, np.nan, numbers), name)
    if dtype in (nw.Categorical, nw.Enum):
        values = zip(series.cast(nw.String).to_list(), series.is_null(), strict=True)
        return _of_objects([None if lacks else value for value, lacks in values], name)
    if dtype in (nw.String, nw.Object):
        return _of_objects(series.to_list(), name)
    raise TypeError(
        f"column {name!r} of X holds {dtype}, which is neither numbers nor text: turn it into one "
        "of them, or leave it out"
    )


def _of_objects(values: list[Any], name: str) -> NDArray[Any]:
    """Python objects that are all numbers, or all text, beside what is missing."""
    import pandas as pd

    missing = np.array([pd.api.types.is_scalar(v) and bool(pd.isna(v)) for v in values])
    present = [value for value, lacks in zip(values, missing, strict=True) if not lacks]
    if all(isinstance(value, (bool, int, float, np.number, np.bool_)) for value in present):
        numbers = np.full(len(values), np.nan)
        numbers[~missing] = [float(value) for value in present]
        return _finite(numbers, name)
    if strange := [value for value in present if not isinstance(value, str)]:
        if any(isinstance(value, str) for value in present):
            raise TypeError(
                f"column {name!r} of X holds text and {strange[0]!r}: make all of it text, by "
                "astype(str), or all of it numbers"
            )
        if isinstance(strange[0], (datetime.date, datetime.time, datetime.timedelta)):
            raise TypeError(_dates(name))
        if not isinstance(strange[0], (int, float, bool)):
            raise TypeError(
                f"column {name!r} of X holds {strange[0]!r}, which is neither a number nor text: "
                "turn it into one of them, or leave it out"
            )
    text = np.full(len(values), None, dtype=object)
    text[~missing] = [str(value) for value in present]
    return text


def _column(name: str, values: NDArray[Any], missing: Missing) -> Column:
    lacks = _missing(values)
    if lacks.all():
        raise ValueError(f"column {name!r} of X has no value at all: leave it out")
    if lacks.any() and missing == "error":
        raise ValueError(_lacks(name, lacks))
    if values.dtype.kind == "f":
        return Column(name, fill=float(np.mean(values[~lacks])) if lacks.any() else None)
    levels = tuple(sorted(set(values[~lacks])))
    return Column(name, levels, fill=0.0 if lacks.any() else None)


def _missing(values: NDArray[Any]) -> NDArray[np.bool_]:
    if values.dtype.kind == "f":
        return np.isnan(values)
    return np.array([value is None for value in values], dtype=bool)


def _finite(values: NDArray[np.float64], name: str) -> NDArray[np.float64]:
    infinite = np.flatnonzero(np.isinf(values))
    if len(infinite):
        raise ValueError(
            f"column {name!r} of X has {len(infinite)} infinite value(s), the first in row "
            f"{infinite[0]}: drop or replace those rows first"
        )
    return values


def _dates(name: str) -> str:
    return (
        f"column {name!r} of X holds dates or times: turn it into numbers first, such as days "
        "since a start, or month and weekday"
    )


def _lacks(name: str, missing: NDArray[np.bool_]) -> str:
    return (
        f"column {name!r} of X lacks {int(missing.sum())} value(s), the first in row "
        f'{int(np.argmax(missing))}: drop or impute those rows, or fit with missing="indicator"'
    )


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(map(repr, names[:_SHOWN]))
    return f"{shown} and {len(names) - _SHOWN} more" if len(names) > _SHOWN else shown

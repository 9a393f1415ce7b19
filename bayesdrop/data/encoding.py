"""How the columns that a fit saw become numbers.

Text becomes indicators, and what is missing is refused or marked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bayesdrop.data.checks import checked_feature_names, numbers_in
from bayesdrop.data.frames import check_names, frame_of, values_of
from bayesdrop.data.standardization import mean_and_std
from bayesdrop.data.text_columns import check_levels
from bayesdrop.wording import some

Missing = Literal["error", "indicator"]
MISSING: tuple[Missing, ...] = ("error", "indicator")


@dataclass(frozen=True)
class Column:
    """How one column becomes numbers.

    Attributes
    ----------
    name
        Its name in the frame.
    levels
        For text, the levels in order. Each of them has an indicator. ``None`` for numbers.
    fill
        What stands where a value is missing, beside an indicator that says so. It is the training
        rows' mean for numbers, and 0 for text. ``None``: a missing value is refused.
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
            raise ValueError(
                f"{_lacks(self.name, missing)}. No training row lacked one, so nothing says what "
                "to put there: drop or impute those rows"
            )
        if self.levels is not None and values.dtype.kind == "f" and not missing.all():
            values = self._levels_of(values)
        if self.levels is None and values.dtype.kind != "f" and not missing.all():
            raise TypeError(
                f"column {self.name!r} of X holds text, and in the fit it held numbers: make it "
                "numbers, such as by astype(float)"
            )
        if self.levels is None:
            columns = [np.where(missing, self.fill or 0.0, values)]
        else:
            if unseen := sorted(set(values[~missing]) - set(self.levels)):
                raise ValueError(
                    f"column {self.name!r} of X holds {some(unseen)}, which no training row "
                    f"had: its levels are {some(self.levels)}"
                )
            columns = [values.astype(object) == level for level in self.levels]
        if self.fill is not None:
            columns.append(missing)
        return np.column_stack(columns).astype(np.float64)

    def _levels_of(self, numbers: NDArray[np.float64]) -> NDArray[Any]:
        """The levels that numbers are, as a file has them that was written of categories."""
        levels: dict[float, str] = {}
        for level in self.levels or ():
            try:
                levels[float(level)] = level
            except ValueError:
                break
        if len(levels) < len(self.levels or ()):
            raise TypeError(
                f"column {self.name!r} of X holds numbers, and in the fit it held text: make it "
                "text, by astype(str)"
            )
        return np.array(
            [None if np.isnan(x) else levels.get(x, repr(float(x))) for x in numbers], dtype=object
        )


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
            return self._of_array(X)
        check_names(frame.columns, [column.name for column in self.columns])
        by_name = dict(zip(map(str, frame.columns), frame.iter_columns(), strict=True))
        return np.column_stack(
            [column.numbers(values_of(by_name[column.name])) for column in self.columns]
        )

    def _of_array(self, X: ArrayLike) -> NDArray[np.float64]:
        text = [column.name for column in self.columns if column.levels is not None]
        if text:
            raise TypeError(
                f"the fit saw a data frame whose column {text[0]!r} is text: give a data frame "
                f"with the columns {some([column.name for column in self.columns])}"
            )
        array = numbers_in(X, "X")
        if array.ndim != 2 or array.shape[1] != len(self.columns):
            one_row = ". For one row give X[None], or frame.iloc[[0]] of a frame"
            raise ValueError(
                f"X has shape {array.shape}, and the fit saw {len(self.columns)} columns: give "
                f"(rows, {len(self.columns)}), or a data frame"
                + (one_row if array.shape == (len(self.columns),) else "")
            )
        return np.column_stack([c.numbers(x) for c, x in zip(self.columns, array.T, strict=True)])


def encoding_of(
    X: Any, missing: Missing, feature_names: Sequence[str] | None = None
) -> Encoding | None:
    """Say how ``X`` becomes numbers; ``None`` for an array of which no value may be missing.

    Parameters
    ----------
    X
        A data frame, or an array (rows, features).
    missing
        See :func:`bayesdrop.fit`.
    feature_names
        One per column of an array. A frame has its own. Default ``None``: ``x0``, ``x1``, …

    Raises
    ------
    TypeError
        A column holds dates, or what is neither numbers nor text.
    ValueError
        Two columns have one name, a value is missing and may not be, or text is no level of a
        category: dates, numbers with separators, or text that differs in every row.
    """
    frame = frame_of(X)
    if frame is None:
        if missing == "error" or (array := numbers_in(X, "X")).ndim != 2:
            return None
        names = checked_feature_names(feature_names, array.shape[1])
        columns = zip(names, array.T, strict=True)
        return Encoding(tuple(_column(name, values, missing) for name, values in columns))
    if not len(frame):
        raise ValueError("X has 0 rows: give at least one")
    columns = zip(map(str, frame.columns), frame.iter_columns(), strict=True)
    return Encoding(tuple(_column(name, values_of(own), missing) for name, own in columns))


def _column(name: str, values: NDArray[Any], missing: Missing) -> Column:
    lacks = _missing(values)
    if lacks.all():
        raise ValueError(f"column {name!r} of X has no value at all: leave it out")
    if lacks.any() and missing == "error":
        raise ValueError(
            f'{_lacks(name, lacks)}: drop or impute those rows, or fit with missing="indicator"'
        )
    if values.dtype.kind == "f":
        return Column(name, fill=float(mean_and_std(values[~lacks])[0]) if lacks.any() else None)
    present = values[~lacks].tolist()
    check_levels(present, len(values), name)
    levels = tuple(sorted(set(present)))
    return Column(name, levels, fill=0.0 if lacks.any() else None)


def _missing(values: NDArray[Any]) -> NDArray[np.bool_]:
    if values.dtype.kind == "f":
        return np.isnan(values)
    return np.array([value is None for value in values], dtype=bool)


def _lacks(name: str, missing: NDArray[np.bool_]) -> str:
    return (
        f"column {name!r} of X lacks {int(missing.sum())} value(s), the first in row "
        f"{int(np.argmax(missing))}"
    )

"""A table of a user's own, CSV or Parquet, as the features and the target of a fit.

The file is read by pandas and nothing in it is run.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bayesdrop.data.frames import frame_of, values_of
from bayesdrop.data.text_columns import check_levels, check_no_numbers
from bayesdrop.likelihood.labels import Label, label_array, labels_in
from bayesdrop.wording import unknown

if TYPE_CHECKING:
    import pandas as pd

SUFFIXES = (".csv", ".parquet")
_NAMELESS = re.compile(r"Unnamed: \d+")
"""What pandas calls a column of a CSV file without a name."""


class Columns(NamedTuple):
    """The columns of a table, apart.

    Attributes
    ----------
    X
        The features, a frame of (rows, features).
    y
        The target, (rows,): float64 numbers, or labels of classes.
    labels
        The different labels, in the order in which a fit numbers them. ``None`` if the target is
        numbers.
    """

    X: pd.DataFrame
    y: NDArray[Any]
    labels: tuple[Label, ...] | None


def is_table(name: str) -> bool:
    """Say whether ``name`` is that of a CSV or Parquet file, by its ending."""
    return Path(name).suffix.lower() in SUFFIXES


def read_frame(path: str | Path) -> pd.DataFrame:
    """Read a CSV file with a line of names at its top, or a Parquet file.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    ValueError
        Its name ends in neither ``.csv`` nor ``.parquet``, it can't be read as that, or it has no
        rows.
    """
    return frame_in(content_of(path), path)


def content_of(path: str | Path) -> bytes:
    """The bytes of a CSV or Parquet file.

    Raises
    ------
    FileNotFoundError, ValueError
        There is no such file, or its name has another ending.
    """
    if not is_table(str(path)):
        raise ValueError(f"{path} is no table: give a file that ends in {' or '.join(SUFFIXES)}")
    source = Path(path).expanduser()
    if not source.is_file():
        raise FileNotFoundError(f"there is no file {path}")
    return source.read_bytes()


def frame_in(content: bytes, path: str | Path) -> pd.DataFrame:
    """The table that the bytes of the file ``path`` are; see :func:`read_frame`."""
    import pandas as pd

    kind = "CSV" if str(path).lower().endswith(".csv") else "Parquet"
    read = pd.read_csv if kind == "CSV" else pd.read_parquet
    try:
        frame = read(io.BytesIO(content))
    except (ImportError, MemoryError):
        raise
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not in UTF-8: save it anew in that encoding") from error
    except Exception as error:  # readers raise classes of their own where a file is damaged
        reason = " ".join(str(error).split())
        raise ValueError(f"{path} can't be read as {kind}: {reason}") from error
    if len(frame.columns) == 1 and any(mark in str(frame.columns[0]) for mark in ";\t"):
        raise ValueError(
            f"{path} has one column, {str(frame.columns[0])!r}: separate its columns by commas"
        )
    if not len(frame):
        raise ValueError(f"{path} has no rows")
    return frame.set_axis([str(name) for name in frame.columns], axis="columns")


def columns_of(
    frame: pd.DataFrame, target: str, drop: Sequence[str] = (), source: str = "the table"
) -> Columns:
    """The features and the target of a table.

    Text in the target, categories, or true and false are classes. Their labels are those that
    :func:`bayesdrop.fit` gives them.

    Parameters
    ----------
    frame
        The table.
    target
        The name of the target's column.
    drop
        Names of columns to leave out. Default: none, so that every other column is a feature.
    source
        What the table is called in messages.

    Raises
    ------
    ValueError
        There is no such column, none is left, one has no name, the target lacks a value, or a
        column of text differs in every row, or holds dates or numbers with separators.
    TypeError
        The target is neither numbers nor text.
    """
    for name in (target, *drop):
        if name not in frame.columns:
            raise ValueError(f"{source}: {unknown('column', name, tuple(frame.columns))}")
    if target in drop:
        raise ValueError(f"{source}: column {target!r} is the target and can't be left out")
    X = frame.drop(columns=[target, *drop])
    for name in X.columns:
        if _NAMELESS.fullmatch(str(name)):
            raise ValueError(
                f"{source}: column {name!r} has no name of its own, as the index of a frame has "
                "none: name it, or leave it out"
            )
    if not len(X.columns):
        raise ValueError(
            f"{source} has no column beside the target {target!r}: there is no feature"
        )
    _check_text(X, source)
    return Columns(X, *_target(frame.loc[:, [target]], source))


def _target(column: pd.DataFrame, source: str) -> tuple[NDArray[Any], tuple[Label, ...] | None]:
    """The target as numbers or as labels, and the labels that there are."""
    import narwhals as nw

    (series,) = frame_of(column).iter_columns()
    values = values_of(series)
    is_text = values.dtype.kind == "O"
    missing = np.array([v is None for v in values]) if is_text else np.isnan(values)
    if missing.any():
        raise ValueError(
            f"{source}: the target {series.name!r} lacks {missing.sum()} value(s), the first in "
            f"row {missing.argmax()}: leave those rows out"
        )
    if not is_text and series.dtype != nw.Boolean:
        return values, None
    if is_text:
        with _of(source):
            check_no_numbers(list(values), str(series.name))
    y = label_array(column.iloc[:, 0])
    return y, labels_in(y, None, f"the column {series.name!r}")


def _check_text(X: pd.DataFrame, source: str) -> None:
    """Refuse text that is no level of a category, as a fit does, and name the table."""
    for name, values in X.items():
        found = values.dropna()
        if str(values.dtype) == "category" or all(isinstance(v, str) for v in found):
            with _of(source):
                check_levels([str(value) for value in found], len(X), str(name))


@contextmanager
def _of(source: str) -> Iterator[None]:
    """Say which table an error is about."""
    try:
        yield
    except ValueError as error:
        raise ValueError(f"{source}: {error}") from error

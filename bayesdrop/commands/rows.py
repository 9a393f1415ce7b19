"""The rows that `bayesdrop fit` trains on, and those it scores, of a file or of a data set."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from numpy.typing import NDArray

from bayesdrop.wording import some

if TYPE_CHECKING:
    import pandas as pd

    from bayesdrop.data.encoding import Missing
    from bayesdrop.likelihood import Likelihood
    from bayesdrop.likelihood.labels import Label


class CommandRows(NamedTuple):
    """Rows to train on, and rows to score or none.

    Attributes
    ----------
    X, y
        Features (rows, …) and target (rows,) to train on. The target is numbers or labels.
    test
        The same of the rows to score; ``None`` if all are trained on.
    labels
        The labels of the classes; ``None`` if the target is numbers.
    feature_names
        Names of the features; ``None`` if they are a frame's columns.
    split
        Which split they are; 0 if all are trained on.
    words
        What they are, in a line.
    """

    X: Any
    y: NDArray[Any]
    test: tuple[Any, NDArray[Any]] | None
    labels: tuple[Label, ...] | None
    feature_names: Sequence[str] | None
    split: int
    words: str


def rows_of_table(
    path: str, target: str | None, drop: Iterable[str], split: int | None, missing: Missing
) -> CommandRows:
    """The rows of a CSV or Parquet file: all of them, or one random split in 90 % and 10 %.

    Raises
    ------
    FileNotFoundError, TypeError, ValueError
        The file or a column is not there, holds what is no feature, or lacks values.
    """
    from bayesdrop.data.reading import columns_of, read_frame
    from bayesdrop.data.splits import standard_split

    frame = read_frame(path)
    if target is None:
        raise ValueError(
            f"{path}: say which column to predict, --target NAME; there are "
            f"{some(list(frame.columns))}"
        )
    X, y, labels = columns_of(frame, target, named_columns(drop, frame), path)
    lacking = list(X.columns[X.isna().any()])
    if lacking and missing == "error":
        raise ValueError(
            f"{path}: values are missing in {some(lacking)}. Give --missing indicator, which marks "
            "them; or leave columns out by --drop, or fill them in the file"
        )
    kind = f"{len(labels)} classes" if labels else "numbers"
    words = f"{path}, {len(y)} rows; target {target} ({kind})"
    if split is None:
        return CommandRows(X, y, None, labels, None, 0, words)
    train, test = standard_split(y, split)
    held_out = X.iloc[test], y[test]
    words += f"; split {split}, {len(test)} rows held out"
    return CommandRows(X.iloc[train], y[train], held_out, labels, None, split, words)


def check_held_out(rows: CommandRows, likelihood: Likelihood, missing: Missing) -> None:
    """Raise, before the fit, an error if the rows that are held out can't be scored after it.

    Raises
    ------
    ValueError
        They have a level or a class that no row to train on has, or what is no such target.
    """
    from bayesdrop.data.encoding import encoding_of
    from bayesdrop.data.target import target_of

    if rows.test is None:
        return
    X, y = rows.test
    encoding = encoding_of(rows.X, missing)
    target, _ = target_of(rows.y, likelihood, None)
    try:
        if encoding is not None:
            encoding.encode(X)
        target.check_scored(y, likelihood)
    except ValueError as error:
        raise ValueError(
            f"split {rows.split} holds out rows that can't be scored: {error}. Give another --split"
        ) from error


def rows_of_dataset(name: str, split: int) -> CommandRows:
    """The rows of a split of a data set: a shipped one, or one that a Python file defines.

    Raises
    ------
    IndexError, OSError, ValueError
        There is no such data set or split, or its data are not here.
    """
    from bayesdrop.catalog import is_path, load
    from bayesdrop.data import load_dataset

    dataset = load("datasets", name).value if is_path(name) else load_dataset(name)
    rows = dataset.split(split)
    words = (
        f"{name}, split {split}: {len(rows.y_train)} rows to train on, {len(rows.y_test)} held "
        f"out; target {dataset.target_name}"
    )
    return CommandRows(
        rows.X_train,
        rows.y_train,
        (rows.X_test, rows.y_test),
        None,
        dataset.feature_names,
        split,
        words,
    )


def named_columns(given: Iterable[str], frame: pd.DataFrame) -> list[str]:
    """Names of columns, each given alone or several separated by commas."""
    parts = ((one,) if one in frame.columns else one.split(",") for one in given)
    return [name.strip() for names in parts for name in names]

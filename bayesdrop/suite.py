"""A suite: which models, methods, datasets and splits are compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral
from pathlib import Path
from typing import NamedTuple, TypeGuard

from bayesdrop.data.data_file import DataFile
from bayesdrop.data.reading import is_table
from bayesdrop.field_checks import checked_count
from bayesdrop.spec import Spec

_MOST_SPLITS = _MOST_ROWS = 10_000


class Row(NamedTuple):
    """A row of the tables is a model with a method, as the suite names them."""

    model: str
    inference: str
    label: str = ""

    @property
    def title(self) -> str:
        """Return its label, or ``model × method``, one for all data sets."""
        general = stem(self.inference).replace("_{dataset}", "").replace("{dataset}", "")
        return self.label or f"{stem(self.model)} × {general}"


@dataclass(frozen=True)
class Suite(Spec, kind="suite"):
    """A suite is every model with every method, and chosen pairs, on every split of every dataset.

    Parameters
    ----------
    models, inference
        Names in the catalog, or paths of files of your own (relative to the working directory).
        ``{dataset}`` in the name of a method stands for the data set's: a method for each.
        Both may be empty if there are ``rows``.
    rows
        Label → (model, method): rows beside those of ``models`` and ``inference``, under names of
        their own. Default none.
    datasets
        Names that :func:`bayesdrop.load_dataset` knows. Data of your own are a
        :class:`bayesdrop.DataFile`, which is a CSV or Parquet file, or the path of a Python file
        that defines ``DATASET``, a :class:`bayesdrop.Dataset`. A file's stem is its data set's
        name.
    splits
        Standard splits to run, or a number n for the first n. A dataset that has fewer, such as
        ``protein`` with 5, runs those it has.
    seed
        Split k is fitted with seed k if this is 0, the default; otherwise with a number drawn from
        both, so that suites of different seeds share no randomness.
    description
        One line for lists.
    """

    models: tuple[str, ...]
    inference: tuple[str, ...]
    datasets: tuple[str | DataFile, ...]
    splits: tuple[int, ...]
    rows: tuple[tuple[str, str, str], ...] = ()
    seed: int = 0
    description: str = ""

    def __init__(
        self,
        models: Iterable[str] = (),
        inference: Iterable[str] = (),
        datasets: Iterable[str | DataFile] = (),
        splits: int | Iterable[int] = (),
        rows: Mapping[str, tuple[str, str]] | Iterable[tuple[str, str, str]] = (),
        seed: int = 0,
        description: str = "",
    ) -> None:
        if rows and bool(models) != bool(inference):
            raise ValueError("Suite(models=..., inference=...): give both or, with rows, neither")
        for name, value in (
            ("models", _names(models, "models", optional=bool(rows))),
            ("inference", _names(inference, "inference", optional=bool(rows))),
            ("datasets", _datasets(datasets)),
            ("splits", _splits(splits)),
            ("rows", _rows(rows)),
            ("seed", seed),
            ("description", description),
        ):
            object.__setattr__(self, name, value)
        checked_count(self, "seed", at_least=0)
        if (rows_there := len(self.rows) + len(self.models) * len(self.inference)) > _MOST_ROWS:
            raise ValueError(f"Suite: {rows_there:,} rows, and a suite has at most {_MOST_ROWS:,}")
        _distinct(tuple(row.title for row in self.every_row), "rows", remedy=": name one in rows")
        _distinct(self.dataset_names, "datasets", remedy=": rename one of the files")

    @property
    def dataset_names(self) -> tuple[str, ...]:
        """Return what records and tables call the data sets, in order."""
        return tuple(map(dataset_name, self.datasets))

    @property
    def every_row(self) -> tuple[Row, ...]:
        """Return the named rows, then every model with every method."""
        named = tuple(Row(model, method, label) for label, model, method in self.rows)
        return named + tuple(Row(m, method) for m in self.models for method in self.inference)


def joined(suites: Sequence[Suite]) -> Suite:
    """Join the rows and data sets of all suites, for one report of them.

    Raises
    ------
    ValueError
        Two rows that differ have one label.
    """
    labels: dict[tuple[str, str], str] = {}
    pairs: dict[str, tuple[str, str]] = {}
    for row in (row for suite in suites for row in suite.every_row):
        pair = row.model, row.inference
        label = labels.setdefault(pair, row.title)
        if (other := pairs.setdefault(label, pair)) != pair:
            raise ValueError(
                f"{label!r} is {' × '.join(other)} in one folder and {' × '.join(pair)} in "
                "another: make a report of each"
            )
    return Suite(
        rows=[(label, *pair) for label, pair in pairs.items()],
        datasets=dict.fromkeys(name for suite in suites for name in suite.datasets),
        splits=dict.fromkeys(split for suite in suites for split in suite.splits),
        description=" ".join(suite.description for suite in suites),
    )


def stem(name: str) -> str:
    """Return what the entry ``name`` is called: a file is called by its stem."""
    return Path(name).stem if name.endswith(".py") else name


def dataset_name(dataset: str | DataFile) -> str:
    """Return what a data set of a suite is called."""
    return dataset.name if isinstance(dataset, DataFile) else stem(dataset)


def _datasets(values: Iterable[str | DataFile]) -> tuple[str | DataFile, ...]:
    datasets = (values,) if isinstance(values, DataFile) else tuple(values)
    if isinstance(values, str) or not all(isinstance(one, (str, DataFile)) for one in datasets):
        raise TypeError(f"Suite(datasets={values!r}): give a tuple of names or of bd.DataFile")
    for one in datasets:
        if isinstance(one, str) and is_table(one):
            raise ValueError(f"Suite(datasets=...): give bd.DataFile({one!r}, target=...)")
    return _distinct(datasets, "datasets")


def _names(values: Iterable[str], field: str, optional: bool = False) -> tuple[str, ...]:
    names = tuple(values)
    if isinstance(values, str) or not all(isinstance(name, str) for name in names):
        raise TypeError(f"Suite({field}={values!r}): give a tuple of names")
    return () if optional and not names else _distinct(names, field)


def _rows(
    values: Mapping[str, tuple[str, str]] | Iterable[tuple[str, str, str]],
) -> tuple[tuple[str, str, str], ...]:
    pairs = values.items() if isinstance(values, Mapping) else [(row[0], row[1:]) for row in values]
    if any(isinstance(pair, str) or len(pair) != 2 for _, pair in pairs):
        raise TypeError(f"Suite(rows={values!r}): give a dict, label → (model, method)")
    rows = tuple((label, *pair) for label, pair in pairs)
    if not all(isinstance(name, str) for row in rows for name in row):
        raise TypeError(f"Suite(rows={values!r}): labels, models and methods are names")
    if rows:
        _distinct(tuple((model, method) for _, model, method in rows), "rows")
    return rows  # type: ignore[return-value]


def _is_count(value: object) -> TypeGuard[int]:
    return isinstance(value, Integral) and not isinstance(value, bool)


def _splits(values: int | Iterable[int]) -> tuple[int, ...]:
    if _is_count(values):
        values = range(min(values, _MOST_SPLITS + 1))
    splits = tuple(values) if isinstance(values, Iterable) else (values,)
    if not all(_is_count(split) and split >= 0 for split in splits):
        raise ValueError(f"Suite(splits={values!r}): splits are whole numbers from 0")
    if len(splits) > _MOST_SPLITS:
        raise ValueError(f"Suite(splits=...): a suite has at most {_MOST_SPLITS:,} splits")
    return _distinct(tuple(map(int, splits)), "splits")


def _distinct(values: tuple, field: str, remedy: str = "") -> tuple:
    if not values:
        raise ValueError(f"Suite({field}=()): a suite needs at least one")
    twice = [value for value, count in Counter(values).items() if count > 1]
    if twice:
        raise ValueError(f"Suite({field}=...): {twice[0]!r} is there twice{remedy}")
    return values

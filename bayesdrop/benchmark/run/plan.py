"""A suite's names become its cells: everything is looked up and checked before any work."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from bayesdrop.benchmark.run.cell import Cell
from bayesdrop.benchmark.run.suite_data import own_data, read_data
from bayesdrop.catalog import Entry, Kind, load
from bayesdrop.data import Dataset
from bayesdrop.data.data_file import DataFile
from bayesdrop.suite import Suite, stem
from bayesdrop.wording import unknown


@dataclass(frozen=True)
class Selection:
    """This says which part of a suite to run; ``None`` is all of it.

    Parameters
    ----------
    models, inference, datasets
        Names, as in the suite.
    splits
        The numbers of splits.
    """

    models: tuple[str, ...] | None = None
    inference: tuple[str, ...] | None = None
    datasets: tuple[str, ...] | None = None
    splits: tuple[int, ...] | None = None

    @classmethod
    def parse(
        cls,
        models: str | None = None,
        inference: str | None = None,
        datasets: str | None = None,
        splits: str | None = None,
    ) -> Selection:
        """Read texts separated by commas; splits may also be a range, ``"0:5"``."""
        chosen = (_parse_names(text) for text in (models, inference, datasets))
        return cls(*chosen, splits=_parse_splits(splits))


def cells_of(suite: Suite, only: Selection | None = None) -> list[Cell]:
    """Return the cells of ``suite``, in the order in which they are run.

    Cells that differ in the split alone follow one another: their data have one shape, so that one
    compiled program serves them all.

    Raises
    ------
    ValueError
        A name is unknown (with the nearest match) or not part of the suite, two entries say the
        same thing or have one name, or a dataset has none of the splits.
    FileNotFoundError
        A file or a dataset is not there; the message says how to get it.
    """
    only = only or Selection()
    given = _datasets_of(suite, only)
    _check_rows(suite, given, only)
    rows = {name: _rows_of(name, suite, only) for name in given}
    wanted = _splits_of(suite, only)
    files = {name: own_data(dataset) for name, dataset in given.items()}
    datasets = {name: read_data(name, own) for name, own in files.items()}
    for name, dataset in datasets.items():
        _check_splits(name, dataset, wanted)
    cells = [
        Cell(model, method, name, dataset.sha256, split, suite.seed, files[name])
        for name, dataset in datasets.items()
        for model, method in rows[name]
        for split in wanted
        if split < dataset.n_splits
    ]
    if not cells:
        raise ValueError("no row of this suite has one of these models with one of these methods")
    _check_distinct(cells)
    return cells


class Group(NamedTuple):
    """These are cells that differ in the split alone, and those of them that are to run.

    Fits that train together do so with all of ``cells``, so that a resumed run finds the bits that
    one run would have found.
    """

    cells: list[Cell]
    missing: list[Cell]


def groups_of(cells: Iterable[Cell]) -> list[list[Cell]]:
    """Put cells together, in order, that differ in the split alone."""
    groups: dict[tuple[Entry, Entry, str], list[Cell]] = {}
    for cell in cells:
        groups.setdefault((cell.model, cell.inference, cell.dataset), []).append(cell)
    return list(groups.values())


def unfinished(cells: Iterable[Cell], missing: Iterable[Cell]) -> list[Group]:
    """Return the groups of ``cells`` that have one of ``missing``."""
    wanted = set(missing)
    groups = (Group(own, [cell for cell in own if cell in wanted]) for own in groups_of(cells))
    return [group for group in groups if group.missing]


def configurations_of(cells: Iterable[Cell]) -> dict[str, str]:
    """Return ``"model × method"`` → the digest of its settings."""
    entries = {(cell.model, cell.inference): cell for cell in cells}
    return {
        f"{model.name} × {method.name}": cell.configuration_digest
        for (model, method), cell in entries.items()
    }


def _datasets_of(suite: Suite, only: Selection) -> dict[str, str | DataFile]:
    """What each data set is called → the suite's value; ``only`` names it by either."""
    datasets = dict(zip(suite.dataset_names, suite.datasets, strict=True))
    names = {value: name for name, value in datasets.items() if isinstance(value, str)}
    chosen = _chosen("datasets", tuple(datasets | names), only.datasets)
    return {name: datasets[name] for name in (names.get(one, one) for one in chosen)}


def _rows_of(dataset: str, suite: Suite, only: Selection) -> list[tuple[Entry, Entry]]:
    """The models and methods of a data set, whose name stands for ``{dataset}`` in theirs."""

    rows = [(row.model, row.inference.replace("{dataset}", dataset)) for row in suite.every_row]
    chosen = only.inference and tuple(name.replace("{dataset}", dataset) for name in only.inference)
    models = _entries("models", [model for model, _ in rows], only.models)
    methods = _entries("inference", [method for _, method in rows], chosen)
    pairs = {(load("models", model), load("inference", method)) for model, method in rows}
    return [(m, i) for m, i in itertools.product(models, methods) if (m, i) in pairs]


def _check_rows(suite: Suite, datasets: Iterable[str], only: Selection) -> None:
    """Each model and method of ``only`` must be one of some data set's rows."""
    models = {row.model for row in suite.every_row}
    methods = {row.inference for row in suite.every_row}
    methods |= {name.replace("{dataset}", dataset) for name in methods for dataset in datasets}
    named: tuple[tuple[Kind, set[str], tuple[str, ...] | None], ...]
    named = ("models", models, only.models), ("inference", methods, only.inference)
    for kind, names, chosen in named:
        _chosen(kind, tuple(sorted(names | {stem(name) for name in names})), chosen)


def _entries(kind: Kind, names: Iterable[str], only: tuple[str, ...] | None) -> list[Entry]:
    """The entries of ``names``, or those that ``only`` names by name or stem."""
    entries = {name: load(kind, name) for name in names}
    by_stem = {entry.name: entry for entry in entries.values()}
    if len(by_stem) < len(entries):
        raise ValueError(f"two of {', '.join(entries)} have one name: rename one of the files")
    known = entries | by_stem
    chosen = entries if only is None else only
    return list(dict.fromkeys(known[name] for name in chosen if name in known))


def _chosen(what: str, values: tuple[str, ...], only: tuple[str, ...] | None) -> tuple[str, ...]:
    """``values``, or ``only`` if given, all of which must be among them."""
    for value in only or ():
        if value not in values:
            raise ValueError(f"not in this suite: {unknown(what, value, values)}")
    return values if only is None else tuple(dict.fromkeys(only))


def _splits_of(suite: Suite, only: Selection) -> tuple[int, ...]:
    """The suite's splits, or those of ``only``, all of which must be among them."""
    chosen = suite.splits if only.splits is None else tuple(dict.fromkeys(only.splits))
    strangers = ", ".join(str(split) for split in chosen if split not in suite.splits)
    if strangers:
        first, last = min(suite.splits), max(suite.splits)
        whole = set(suite.splits) == set(range(first, last + 1))
        known = f"{first} to {last}" if whole else ", ".join(map(str, suite.splits))
        raise ValueError(f"not in this suite: splits {strangers}; it has {known}")
    return chosen


def _check_splits(name: str, dataset: Dataset, splits: tuple[int, ...]) -> None:
    if min(splits) >= dataset.n_splits:
        raise ValueError(
            f"{name} has splits 0 to {dataset.n_splits - 1}, and none of "
            f"{', '.join(map(str, splits))}: leave it out of the data sets, or name other splits"
        )


def _check_distinct(cells: list[Cell]) -> None:
    seen: dict[str, Cell] = {}
    for cell in cells:
        twin = seen.setdefault(cell.key, cell)
        if twin is not cell:
            raise ValueError(f"{twin.label} and {cell.label} have the same settings: keep one")


def _parse_names(text: str | None) -> tuple[str, ...] | None:
    return None if text is None else tuple(part.strip() for part in text.split(","))


def _parse_splits(text: str | None) -> tuple[int, ...] | None:
    if text is None:
        return None
    found: list[int] = []
    for part in text.split(","):
        first, colon, end = part.strip().partition(":")
        try:
            found += range(int(first or 0), int(end)) if colon else [int(first)]
        except ValueError:
            raise ValueError(f"splits {text!r}: give numbers such as 0,3,7 or 0:5") from None
    if not found:
        raise ValueError(f"splits {text!r}: that is no split at all")
    return tuple(found)

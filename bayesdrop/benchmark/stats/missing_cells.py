"""The cells of the suites that have no record yet."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, TypeVar

from bayesdrop.benchmark.stats.analysis import Analysis
from bayesdrop.data import split_count

Key = TypeVar("Key")
Value = TypeVar("Value")


class MissingCells(NamedTuple):
    """These are cells that have not run: the same splits of the same rows, on some data sets.

    Attributes
    ----------
    datasets, rows, splits
        Every combination of them is one missing cell. Splits are in ascending order.
    every_row
        True if these are all the rows that the suites have on these data sets.
    """

    datasets: tuple[str, ...]
    rows: tuple[str, ...]
    splits: tuple[int, ...]
    every_row: bool

    @property
    def total(self) -> int:
        """Return the number of cells."""
        return len(self.datasets) * len(self.rows) * len(self.splits)


def wanted_cells(analysis: Analysis) -> list[tuple[str, str, int]]:
    """Return (data set, row, split) of every cell that the suites ask for, in their order.

    A data set with fewer splits than the suite is asked for those it has.
    """
    titles = {(row.model, row.inference): row.title for row in analysis.suite.every_row}
    found = {
        (dataset, titles[row.model, row.inference], split): None
        for suite in analysis.suites
        for dataset in suite.dataset_names
        for row in suite.every_row
        for split in sorted(suite.splits)
        if (there := split_count(dataset)) is None or split < there
    }
    return list(found)


def missing_cells(analysis: Analysis) -> list[MissingCells]:
    """Return the cells that were not run yet, put together as far as they are alike.

    A cell that failed or was skipped has a record, and so is not among them.
    """
    wanted = wanted_cells(analysis)
    there = {
        (record["dataset"], analysis.names[record["key"]].label, record["split"])
        for record in analysis.records
    }
    rows_of = _grouped((dataset, row) for dataset, row, _ in wanted)
    splits = _grouped(((cell[0], cell[1]), cell[2]) for cell in wanted if cell not in there)
    rows = _grouped(((dataset, lacking), row) for (dataset, row), lacking in splits.items())
    datasets = _grouped(
        ((own, lacking, len(own) > 1 and set(own) == set(rows_of[dataset])), dataset)
        for (dataset, lacking), own in rows.items()
    )
    return [MissingCells(names, *alike) for alike, names in datasets.items()]


def _grouped(pairs: Iterable[tuple[Key, Value]]) -> dict[Key, tuple[Value, ...]]:
    """Key → its values, both in the order in which they come."""
    found: dict[Key, list[Value]] = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
    return {key: tuple(values) for key, values in found.items()}

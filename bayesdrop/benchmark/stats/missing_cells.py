"""The cells of the suites that have no record yet."""

from __future__ import annotations

from typing import Any, NamedTuple

from bayesdrop.benchmark.stats.analysis import Analysis
from bayesdrop.data import split_count


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
    import pandas as pd

    wanted = pd.DataFrame(wanted_cells(analysis), columns=["dataset", "row", "split"])
    there = {
        (record["dataset"], analysis.names[record["key"]].label, record["split"])
        for record in analysis.records
    }
    is_missing = [cell not in there for cell in wanted.itertuples(index=False, name=None)]
    rows = wanted.groupby("dataset")["row"].nunique()
    cells: Any = wanted[is_missing]
    cells = cells.groupby(["dataset", "row"], sort=False, as_index=False).agg(tuple)
    cells = cells.groupby(["dataset", "split"], sort=False, as_index=False).agg(tuple)
    count = cells["row"].map(len)
    cells["every_row"] = (count > 1) & (count == cells["dataset"].map(rows))
    cells = cells.groupby(["row", "split", "every_row"], sort=False, as_index=False).agg(tuple)
    found = cells[["dataset", "row", "split", "every_row"]]
    return [MissingCells(*alike) for alike in found.itertuples(index=False, name=None)]

"""What a report is of: the records of results folders, and all statistics of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bayesdrop.benchmark.across import Ranks, average_ranks, signed_rank
from bayesdrop.benchmark.compare import paired_differences, summarize
from bayesdrop.benchmark.overview import Line, overview
from bayesdrop.benchmark.store import Record, Store
from bayesdrop.benchmark.suite import Suite, joined
from bayesdrop.benchmark.table import long_table

if TYPE_CHECKING:
    import pandas as pd

COMPARED = ("rmse", "nll", "crps", "brier")
RANKED = ("rmse", "nll")


@dataclass(frozen=True)
class Contents:
    """All that a report shows, in whatever format.

    Attributes
    ----------
    name, suite, records
        From the results folder, or of several joined.
    lines
        Data set → its lines (:func:`bayesdrop.benchmark.overview.overview`).
    table, summary, differences
        :func:`~bayesdrop.benchmark.table.long_table`,
        :func:`~bayesdrop.benchmark.compare.summarize` and
        :func:`~bayesdrop.benchmark.compare.paired_differences`.
    ranks
        Metric → :func:`~bayesdrop.benchmark.across.average_ranks`, where there are any.
    signed_rank
        :func:`~bayesdrop.benchmark.across.signed_rank` of all ranked rows; or ``None``.
    """

    name: str
    suite: Suite
    records: list[Record]
    lines: dict[str, list[Line]]
    table: pd.DataFrame
    summary: pd.DataFrame
    differences: pd.DataFrame
    ranks: dict[str, Ranks]
    signed_rank: pd.DataFrame | None

    @property
    def every_line(self) -> list[Line]:
        """The lines of all data sets."""
        return [line for group in self.lines.values() for line in group]


def contents_of(*folders: str | Path) -> Contents:
    """The contents of one results folder, or of several together.

    Raises
    ------
    FileNotFoundError, ValueError
        One is no results folder, none has results yet, or rows that differ have one label.
    """
    import pandas as pd

    name, suite, records = joined_records(*folders)
    table = long_table(records, suite)
    compared = [paired_differences(table, metric) for metric in COMPARED]
    found = {metric: average_ranks(table, metric, _all_splits(records)) for metric in RANKED}
    ranks = {metric: of for metric, of in found.items() if of is not None}
    tests = [signed_rank(of.scores, metric) for metric, of in ranks.items()]
    return Contents(
        name=name,
        suite=suite,
        records=records,
        lines=overview(records, suite),
        table=table,
        summary=summarize(table),
        differences=pd.concat([frame for frame in compared if len(frame)] or compared[:1]),
        ranks=ranks,
        signed_rank=pd.concat(tests) if tests else None,
    )


def joined_records(*folders: str | Path) -> tuple[str, Suite, list[Record]]:
    """Name, suite and records of results folders; a cell that several hold is there once."""
    stores = [Store(folder) for folder in folders]
    names, suites = zip(*(store.suite() for store in stores), strict=True)
    records = {record["key"]: record for store in stores for record in store.records()}
    name, suite = " + ".join(names), suites[0] if len(suites) == 1 else joined(suites)
    return name, suite, list(records.values())


def _all_splits(records: list[Record]) -> dict[str, int]:
    """Data set → on how many splits of it any row ran."""
    splits: dict[str, set[int]] = {}
    for record in records:
        if record["status"] == "ok":
            splits.setdefault(record["dataset"], set()).add(record["split"])
    return {dataset: len(found) for dataset, found in splits.items()}

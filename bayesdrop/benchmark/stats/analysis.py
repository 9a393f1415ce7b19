"""What a report is of: the records of results folders, and all statistics of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from bayesdrop.benchmark.metrics import METRICS
from bayesdrop.benchmark.run.store import Record, Store
from bayesdrop.benchmark.stats.long_table import long_table
from bayesdrop.benchmark.stats.overview import Line, overview
from bayesdrop.benchmark.stats.paired_tests import Summary, paired_differences
from bayesdrop.benchmark.stats.ranks import Ranks, average_ranks, signed_rank
from bayesdrop.benchmark.stats.row_names import RowName, row_names
from bayesdrop.suite import Suite, joined

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Contents:
    """All that a report shows, in whatever format.

    Attributes
    ----------
    name, suite, suites, records
        Of :class:`Joined`.
    names
        As :attr:`Joined.names`.
    lines
        Data set → its lines (:func:`bayesdrop.benchmark.stats.overview.overview`).
    table, differences
        :func:`~bayesdrop.benchmark.stats.long_table.long_table` and
        :func:`~bayesdrop.benchmark.stats.paired_tests.paired_differences`.
    summary
        Every :class:`~bayesdrop.benchmark.stats.paired_tests.Summary` of every line, and how its
        chains converged: columns ``dataset, row, metric, n, mean, std, se, not_converged,
        max_rhat_f, share_rhat_f, divergences``.
    ranks
        Metric → :func:`~bayesdrop.benchmark.stats.ranks.average_ranks`, where there are any.
    signed_rank
        :func:`~bayesdrop.benchmark.stats.ranks.signed_rank` of all ranked rows; or ``None``.
    """

    name: str
    suite: Suite
    suites: tuple[Suite, ...]
    records: list[Record]
    names: dict[str, RowName]
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

    @property
    def ranked_metrics(self) -> list[str]:
        """By which rows are ranked, of those that any line has."""
        return [name for name in _ranked() if any(name in line.scores for line in self.every_line)]

    @property
    def short_chains(self) -> frozenset[str]:
        """Rows of which some chains had not converged, on any data set."""
        return frozenset(line.row for line in self.every_line if line.not_converged)


def contents_of(*folders: str | Path) -> Contents:
    """The contents of one results folder, or of several together.

    Raises
    ------
    FileNotFoundError, ValueError
        As :func:`joined_folders`, or none has results yet.
    """
    import pandas as pd

    of = joined_folders(*folders)
    table = long_table(of.records, of.suite, of.configurations)
    lines = overview(of.records, of.suite, of.configurations)
    current = table.query("not earlier")
    paired = [metric for metric, made in METRICS.items() if made.is_paired]
    compared = [paired_differences(current, metric) for metric in paired]
    averaged = {metric: average_ranks(lines, metric) for metric in _ranked()}
    ranks = {metric: found for metric, found in averaged.items() if found is not None}
    tests = [signed_rank(found.scores, metric) for metric, found in ranks.items()]
    return Contents(
        name=of.name,
        suite=of.suite,
        suites=of.suites,
        records=of.records,
        names=of.names,
        lines=lines,
        table=table,
        summary=_summaries(lines),
        differences=pd.concat([frame for frame in compared if len(frame)] or compared[:1]),
        ranks=ranks,
        signed_rank=pd.concat(tests) if tests else None,
    )


def _ranked() -> list[str]:
    return [metric for metric, made in METRICS.items() if made.rope is not None]


def _summaries(lines: dict[str, list[Line]]) -> pd.DataFrame:
    import pandas as pd

    chains = ["not_converged", "max_rhat_f", "share_rhat_f", "divergences"]
    found = [
        (dataset, line.row, metric, *score, *(getattr(line, name) for name in chains))
        for dataset, group in lines.items()
        for line in group
        for metric, score in line.scores.items()
    ]
    return pd.DataFrame(found, columns=["dataset", "row", "metric", *Summary._fields, *chains])


class Joined(NamedTuple):
    """Results folders as one.

    Attributes
    ----------
    name, suite
        Of the only folder's suite, or of all of them joined.
    suites
        Of each folder.
    records
        A cell that several folders hold is there once, with a result if one has it.
    configurations
        :meth:`~bayesdrop.benchmark.run.store.Store.configurations`, those that differ left out.
    """

    name: str
    suite: Suite
    suites: tuple[Suite, ...]
    records: list[Record]
    configurations: dict[str, str]

    @property
    def names(self) -> dict[str, RowName]:
        """Key → the row of every record (:func:`bayesdrop.benchmark.stats.row_names.row_names`)."""
        return row_names(self.records, self.suite, self.configurations)


def joined_folders(*folders: str | Path) -> Joined:
    """Results folders as one.

    Raises
    ------
    FileNotFoundError, ValueError
        One is no results folder, rows that differ have one label, or results are of several
        versions of one data set.
    """
    stores = [Store(folder) for folder in folders]
    names, suites = zip(*(store.suite() for store in stores), strict=True)
    records: dict[str, Record] = {}
    for record in (record for store in stores for record in store.records()):
        other = records.get(record["key"])
        if other is None or _is_better(record, other):
            records[record["key"]] = record
    _of_one_version(records.values())
    noted = {pair for store in stores for pair in store.configurations().items()}
    several = {name for name, count in Counter(name for name, _ in noted).items() if count > 1}
    return Joined(
        name=" + ".join(names),
        suite=suites[0] if len(suites) == 1 else joined(suites),
        suites=suites,
        records=list(records.values()),
        configurations={name: found for name, found in noted if name not in several},
    )


def _of_one_version(records: Iterable[Record]) -> None:
    """Raise if the records of a data set are of different bytes."""
    versions: dict[str, set[str]] = {}
    for record in records:
        versions.setdefault(record["dataset"], set()).add(record["settings"]["dataset"]["sha256"])
    for dataset, found in versions.items():
        if len(found) > 1:
            several = ", ".join(sorted(sha256[:12] for sha256 in found))
            raise ValueError(
                f"results on {dataset} are of {len(found)} versions of its data (SHA-256 {several} "
                "in their settings): delete the records of all but one"
            )


def _is_better(a: Record, b: Record) -> bool:
    """Of two records of one cell: a result, or else the later one."""
    return (a["status"] == "ok", a["finished"]) > (b["status"] == "ok", b["finished"])

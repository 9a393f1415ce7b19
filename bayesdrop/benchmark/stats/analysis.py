"""All statistics of results folders, which a report then shows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bayesdrop.benchmark.metrics import METRICS
from bayesdrop.benchmark.run.store import Record
from bayesdrop.benchmark.stats.folders import join_folders
from bayesdrop.benchmark.stats.long_table import long_table
from bayesdrop.benchmark.stats.overview import Line, overview
from bayesdrop.benchmark.stats.paired_tests import paired_differences
from bayesdrop.benchmark.stats.ranks import Ranks, average_ranks
from bayesdrop.benchmark.stats.row_names import RowName
from bayesdrop.benchmark.stats.signed_rank import signed_rank
from bayesdrop.benchmark.stats.summary import Summary
from bayesdrop.suite import Suite

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Analysis:
    """An analysis has all that a report shows, in whatever format.

    Attributes
    ----------
    name, suite, suites, records
        Those of :class:`~bayesdrop.benchmark.stats.folders.JoinedFolders`.
    names
        Key → the row of every record.
    lines
        Data set → its lines (:func:`bayesdrop.benchmark.stats.overview.overview`).
    table, differences
        :func:`~bayesdrop.benchmark.stats.long_table.long_table` and
        :func:`~bayesdrop.benchmark.stats.paired_tests.paired_differences`.
    summary
        Every :class:`~bayesdrop.benchmark.stats.summary.Summary` of every line, and how its
        chains converged: columns ``dataset, row, metric, n, mean, std, se, not_converged,
        max_rhat_f, share_rhat_f, divergences``.
    ranks
        Metric → :func:`~bayesdrop.benchmark.stats.ranks.average_ranks`, where there are any.
    signed_rank
        :func:`~bayesdrop.benchmark.stats.signed_rank.signed_rank` of all ranked rows; or ``None``.
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
        """Return the lines of all data sets."""
        return [line for group in self.lines.values() for line in group]

    @property
    def ranked_metrics(self) -> list[str]:
        """Return the metrics that rank rows, of those that any line has."""
        return [name for name in _ranked() if any(name in line.scores for line in self.every_line)]

    @property
    def short_chains(self) -> frozenset[str]:
        """Return the rows of which some chains had not converged, on any data set."""
        return frozenset(line.row for line in self.every_line if line.not_converged)


def analyse(*folders: str | Path) -> Analysis:
    """Analyse one results folder, or several together.

    Raises
    ------
    FileNotFoundError, ValueError
        :func:`~bayesdrop.benchmark.stats.folders.join_folders` refuses them, or none has results
        yet.
    """
    import pandas as pd

    of = join_folders(*folders)
    table = long_table(of.records, of.suite, of.configurations)
    lines = overview(of.records, of.suite, of.configurations)
    current = table.query("not earlier")
    paired = [metric for metric, made in METRICS.items() if made.is_paired]
    compared = [paired_differences(current, metric) for metric in paired]
    averaged = {metric: average_ranks(lines, metric) for metric in _ranked()}
    ranks = {metric: found for metric, found in averaged.items() if found is not None}
    tests = [signed_rank(found.scores, metric) for metric, found in ranks.items()]
    return Analysis(
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

    found = [
        (
            dataset,
            line.row,
            metric,
            *score,
            line.not_converged,
            line.max_rhat_f,
            line.share_rhat_f,
            line.divergences,
        )
        for dataset, group in lines.items()
        for line in group
        for metric, score in line.scores.items()
    ]
    chains = ["not_converged", "max_rhat_f", "share_rhat_f", "divergences"]
    return pd.DataFrame(found, columns=["dataset", "row", "metric", *Summary._fields, *chains])

"""All statistics of results folders, which a report then shows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bayesdrop.benchmark.metrics import METRICS
from bayesdrop.benchmark.run.stored_record import Record
from bayesdrop.benchmark.stats.decomposition import Decomposition, decompositions
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

    Comparisons of rows are made when they are first asked for.

    Attributes
    ----------
    name, suite, suites, records
        Those of :class:`~bayesdrop.benchmark.stats.folders.JoinedFolders`.
    names
        Key → the row of every record.
    lines
        Data set → its lines (:func:`bayesdrop.benchmark.stats.overview.overview`).
    table
        :func:`~bayesdrop.benchmark.stats.long_table.long_table`.
    """

    name: str
    suite: Suite
    suites: tuple[Suite, ...]
    records: list[Record]
    names: dict[str, RowName]
    lines: dict[str, list[Line]]
    table: pd.DataFrame

    @cached_property
    def summary(self) -> pd.DataFrame:
        """Return every :class:`~bayesdrop.benchmark.stats.summary.Summary` of every line.

        How its chains converged is beside it. The columns are ``dataset, row, metric, n, mean,
        std, se, not_converged, max_rhat_f, share_rhat_f, divergences``.
        """
        return _summaries(self.lines)

    @cached_property
    def differences(self) -> pd.DataFrame:
        """Return the paired differences of every metric.

        :func:`~bayesdrop.benchmark.stats.paired_tests.paired_differences` makes them.
        """
        import pandas as pd

        current = self.table.query("not earlier")
        paired = [metric for metric, made in METRICS.items() if made.is_paired]
        compared = [paired_differences(current, metric) for metric in paired]
        return pd.concat([frame for frame in compared if len(frame)] or compared[:1])

    def pairs_on(self, dataset: str) -> list[dict[str, Any]]:
        """Return the differences on one data set, each as column → value."""
        own = self.differences.query("dataset == @dataset")
        return own.to_dict("records")  # type: ignore[return-value]

    @cached_property
    def ranks(self) -> dict[str, Ranks]:
        """Return the ranks by metric, for each metric that has any.

        :func:`~bayesdrop.benchmark.stats.ranks.average_ranks` makes them.
        """
        averaged = {metric: average_ranks(self.lines, metric) for metric in _ranked()}
        return {metric: found for metric, found in averaged.items() if found is not None}

    @cached_property
    def signed_rank(self) -> pd.DataFrame | None:
        """Return the signed-rank tests of all ranked rows, or ``None`` if there are no ranks.

        :func:`~bayesdrop.benchmark.stats.signed_rank.signed_rank` makes them.
        """
        import pandas as pd

        tests = [signed_rank(found.scores, metric) for metric, found in self.ranks.items()]
        return pd.concat(tests) if tests else None

    @cached_property
    def decompositions(self) -> dict[str, dict[str, Decomposition]]:
        """Return the decompositions by metric and data set, for each metric that has any.

        :func:`~bayesdrop.benchmark.stats.decomposition.decompositions` makes them.
        """
        found = {metric: decompositions(self.table, metric) for metric in self.ranked_metrics}
        return {metric: own for metric, own in found.items() if own}

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
    of = join_folders(*folders)
    return Analysis(
        name=of.name,
        suite=of.suite,
        suites=of.suites,
        records=of.records,
        names=of.names,
        lines=overview(of.records, of.suite, of.configurations),
        table=long_table(of.records, of.suite, of.configurations),
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

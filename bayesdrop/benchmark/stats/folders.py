"""Results folders as one: their records, suites and row names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from bayesdrop.benchmark.run.store import Store
from bayesdrop.benchmark.run.stored_record import Record
from bayesdrop.benchmark.stats.row_names import RowName, row_names
from bayesdrop.suite import Suite, joined


class JoinedFolders(NamedTuple):
    """This is what several results folders hold together.

    Attributes
    ----------
    name, suite
        The only folder's, or all of them joined.
    suites
        Each folder's suite.
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
        """Return key → the row of every record."""
        return row_names(self.records, self.suite, self.configurations)


def join_folders(*folders: str | Path) -> JoinedFolders:
    """Read results folders as one.

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
    return JoinedFolders(
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
    """Prefer a result to none, or else the later of two records of one cell."""
    return (a["status"] == "ok", a["finished"]) > (b["status"] == "ok", b["finished"])

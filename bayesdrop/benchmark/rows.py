"""Which row of a report a record belongs to, and what that row is called."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from bayesdrop.benchmark.store import Record
from bayesdrop.benchmark.suite import Suite, stem


class RowName(NamedTuple):
    """The model, the method, and what both together are called.

    ``label`` is the suite's own, or ``model × method``; it is one for all datasets, also where
    each has a method of its own. ``position`` is its place in the suite; rows of no suite are last.
    """

    position: int
    model: str
    method: str
    label: str


def row_names(records: Sequence[Record], suite: Suite | None = None) -> dict[str, RowName]:
    """Key → the row of every record.

    Records of several configurations of one model and method are never averaged together: the
    name is that of the one run last, and the others' carries their revision, or where that is not
    enough the first digits of their configuration.
    """
    labels = {} if suite is None else _labels(suite)
    found: dict[tuple[str, str], dict[str, int]] = {}
    for record in sorted(records, key=lambda record: record["finished"]):
        revisions = found.setdefault((record["model"], record["inference"]), {})
        revisions.pop(record["configuration"], None)
        revisions[record["configuration"]] = record["revision"]
    names = {}
    for record in records:
        pair = record["model"], record["inference"]
        version = _version(record, found[pair])
        position, label = labels.get(pair, (len(labels), " × ".join(pair)))
        names[record["key"]] = RowName(position, pair[0], pair[1] + version, label + version)
    return names


def _version(record: Record, revisions: dict[str, int]) -> str:
    """What tells the record's configuration from those that ran after it, the last of which has
    no mark."""
    configuration, revision = record["configuration"], record["revision"]
    if configuration == list(revisions)[-1]:
        return ""
    alone = list(revisions.values()).count(revision) == 1
    return f" (revision {revision})" if alone else f" ({configuration[:6]})"


def _labels(suite: Suite) -> dict[tuple[str, str], tuple[int, str]]:
    """(model, method) → the row's place and label."""
    labels: dict[tuple[str, str], tuple[int, str]] = {}
    for position, row in enumerate(suite.every_row):
        for dataset in suite.datasets:
            named = stem(row.model), stem(row.inference).replace("{dataset}", dataset)
            labels.setdefault(named, (position, row.title))
    return labels

"""Which row of a report a record belongs to, and what that row is called."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from bayesdrop.benchmark.store import Record
from bayesdrop.benchmark.suite import Suite


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

    Where the records hold several configurations of one model and method, its name carries the
    revision, or else a hash of the settings, so that they are never averaged together.
    """
    labels = {} if suite is None else _labels(suite)
    revisions: dict[tuple[str, str], dict[str, int]] = {}
    for record in records:
        found = revisions.setdefault((record["model"], record["inference"]), {})
        found[record["configuration"]] = record["revision"]
    names = {}
    for record in records:
        model, method = record["model"], record["inference"]
        found, version = revisions[model, method], ""
        if len(found) > 1 and len(set(found.values())) == len(found):
            version = f" (revision {record['revision']})"
        elif len(found) > 1:
            version = f" ({record['configuration'][:6]})"
        position, label = labels.get((model, method), (len(labels), f"{model} × {method}"))
        names[record["key"]] = RowName(position, model, method + version, label + version)
    return names


def _labels(suite: Suite) -> dict[tuple[str, str], tuple[int, str]]:
    """(model, method) → the row's place and label."""
    labels: dict[tuple[str, str], tuple[int, str]] = {}
    for position, row in enumerate(suite.every_row):
        model, method = (Path(name).stem if name.endswith(".py") else name for name in row[:2])
        general = method.replace("_{dataset}", "").replace("{dataset}", "")
        for dataset in suite.datasets:
            named = model, method.replace("{dataset}", dataset)
            labels.setdefault(named, (position, row.label or f"{model} × {general}"))
    return labels

"""How long a run will take, from recorded runs of the same rows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from bayesdrop.benchmark.run.cell import Cell
from bayesdrop.benchmark.run.stored_record import Record
from bayesdrop.catalog import folder

Seconds = dict[str, float]


def mean_seconds(records: Iterable[Record]) -> Seconds:
    """Return ``"model × method, dataset"`` → mean wall time of a split, in seconds."""
    found: dict[str, list[float]] = {}
    for record in records:
        if record["status"] == "ok":
            name = _name(record["model"], record["inference"], record["dataset"])
            found.setdefault(name, []).append(record["seconds"]["total"])
    return {name: sum(seconds) / len(seconds) for name, seconds in sorted(found.items())}


def shipped_seconds() -> Seconds:
    """Return :func:`mean_seconds` of the runs whose results bayesdrop ships, on 2 cores."""
    return json.loads((folder("benchmarks") / "seconds.json").read_text(encoding="utf-8"))


def stated_cost(cells: Sequence[Cell], total: int, records: Iterable[Record]) -> str:
    """Say in one line how many of the suite's cells are to run, and for how long.

    The folder's own records tell the time, or else those that are shipped.
    """
    known = shipped_seconds() | mean_seconds(records)
    names = [_name(cell.model.name, cell.inference.name, cell.dataset) for cell in cells]
    seconds = sum(known.get(name, 0.0) for name in names)
    strangers = sum(name not in known for name in names)
    count = f"{len(cells)} of {total} cells to run"
    if strangers == len(cells):
        return f"{count}; no run of these rows is on record, so how long is unknown"
    without = f", and {strangers} cells without a recorded run" if strangers else ""
    about = "more than" if strangers else "about"
    return f"{count}; by recorded runs {about} {duration(seconds)} in one process{without}"


def duration(seconds: float) -> str:
    """Write seconds rounded, in the unit that reads best."""
    for unit, length in (("h", 3600.0), ("min", 60.0)):
        if seconds >= 1.5 * length:
            return f"{seconds / length:.2g} {unit}"
    return f"{seconds:.0f} s"


def _name(model: str, method: str, dataset: str) -> str:
    return f"{model} × {method}, {dataset}"

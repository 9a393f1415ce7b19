"""How far a results folder is."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from bayesdrop.benchmark.run.plan import cells_of, groups_of
from bayesdrop.benchmark.run.progress import describe
from bayesdrop.benchmark.run.store import Store


def status_lines(folder: str | Path) -> list[str]:
    """Return a line per model, method and dataset of the suite, then failures, then totals.

    Raises
    ------
    FileNotFoundError, ValueError
        ``folder`` is no results folder, or its suite names something that is not there.
    """
    store = Store(folder)
    name, suite = store.suite()
    cells = cells_of(suite)
    records = {record["key"]: record for record in store.records()}
    state = {c.key: records[c.key]["status"] if c.key in records else "missing" for c in cells}
    lines = [f"suite {name} in {store.folder}"]
    for group in groups_of(cells):
        first, counts = group[0], Counter(state[cell.key] for cell in group)
        row = f"{first.dataset}: {first.model.name} × {first.inference.name}"
        lines.append(f"  {row}: {_counted(counts)}")
    failed = [records[key] for key, status in state.items() if status == "failed"]
    lines += [f"  {describe(record)}" for record in failed]
    if others := len(records.keys() - state.keys()):
        lines.append(f"  {others} further records are of other settings")
    return [*lines, f"total: {_counted(Counter(state.values()))} of {len(cells)} cells"]


def _counted(counts: Counter[str]) -> str:
    order = ("ok", "skipped", "failed", "missing")
    return ", ".join(f"{counts[status]} {status}" for status in order if counts[status])

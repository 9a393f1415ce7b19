"""The records condensed to what a report shows: a line per dataset, model and method."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bayesdrop.benchmark.compare import Summary, summary
from bayesdrop.benchmark.rows import RowName, row_names
from bayesdrop.benchmark.store import Record
from bayesdrop.benchmark.suite import Suite


@dataclass(frozen=True)
class Line:
    """One line of a report.

    Attributes
    ----------
    dataset, model, method, row
        What was run, on as many splits as ``n``, and the row's name, as in the long table.
    scores
        Metric → its summary over splits, where every split has it.
    max_rhat_f, share_rhat_f, divergences
        The largest R-hat of f(x) over test rows and splits, the mean share of test rows above
        1.05, and the divergences of all splits; ``None`` where there are no chains.
    not_converged, verdict
        The number of splits whose chains had not converged, and what their diagnostics say.
    compiled
        The number of splits that had to compile a program.
    compiling, running, other, total
        Mean seconds per split.
    mixed
        Packages of which the splits used several versions.
    """

    dataset: str
    model: str
    method: str
    row: str
    n: int
    scores: dict[str, Summary]
    max_rhat_f: float | None
    share_rhat_f: float | None
    divergences: int | None
    not_converged: int
    verdict: str
    compiled: int
    compiling: float
    running: float
    other: float
    total: float
    mixed: str


def overview(records: Sequence[Record], suite: Suite | None = None) -> dict[str, list[Line]]:
    """Dataset → its lines, in the order of the suite; cells without scores are left out."""
    names = row_names(records, suite)
    groups: dict[tuple[str, RowName], list[Record]] = {}
    for record in records:
        if record["status"] == "ok":
            groups.setdefault((record["dataset"], names[record["key"]]), []).append(record)
    lines: dict[str, list[Line]] = {}
    for (dataset, name), cells in sorted(groups.items(), key=lambda group: group[0]):
        lines.setdefault(dataset, []).append(_line(dataset, name, cells))
    return lines


def _line(dataset: str, name: RowName, cells: list[Record]) -> Line:
    stuck = [c["diagnostics"] for c in cells if c["diagnostics"].get("converged") is False]
    rhat, share, divergences = (
        _diagnostic(cells, name)
        for name in ("max_rhat_f", "share_rhat_f_above_1_05", "divergences")
    )
    compiling, running, total = (
        [cell["seconds"].get(name, 0.0) for cell in cells] for name in ("compile", "run", "total")
    )
    n = len(cells)
    return Line(
        dataset=dataset,
        model=name.model,
        method=name.method,
        row=name.label,
        n=n,
        scores={
            metric: summary([cell["metrics"][metric] for cell in cells])
            for metric in cells[0]["metrics"]
            if all(metric in cell["metrics"] for cell in cells)
        },
        max_rhat_f=max(rhat, default=None),
        share_rhat_f=sum(share) / len(share) if share else None,
        divergences=sum(divergences) if divergences else None,
        not_converged=len(stuck),
        verdict="; ".join(dict.fromkeys(diagnostics["summary"] for diagnostics in stuck)),
        compiled=sum(seconds > 0 for seconds in compiling),
        compiling=sum(compiling) / n,
        running=sum(running) / n,
        other=(sum(total) - sum(running) - sum(compiling)) / n,
        total=sum(total) / n,
        mixed=_mixed_versions(cells),
    )


def _diagnostic(cells: list[Record], name: str) -> list[Any]:
    found = (cell["diagnostics"].get(name) for cell in cells)
    return [value for value in found if value is not None]


def _mixed_versions(cells: list[Record]) -> str:
    packages = sorted({package for cell in cells for package in cell["versions"]})
    several = [p for p in packages if len({cell["versions"].get(p) for cell in cells}) > 1]
    return ", ".join(several)

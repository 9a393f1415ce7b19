"""The records condensed to what a report shows: a line per dataset, model and method."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bayesdrop.benchmark.run.stored_record import Record, diagnostic
from bayesdrop.benchmark.stats.row_names import RowName, row_names
from bayesdrop.benchmark.stats.summary import Summary, summary
from bayesdrop.suite import Suite


@dataclass(frozen=True)
class Line:
    """A line has what a report shows of one row on one data set.

    Attributes
    ----------
    dataset, model, method, row
        What was run, and the row's name, as in the long table.
    splits, n
        The splits on which it ran, and how many these are.
    failed
        The number of splits on which it failed, which enter no number here.
    scores
        Metric → its summary over splits, where every split has it.
    max_rhat_f, share_rhat_f, divergences
        The largest R-hat of f(x) over training points and splits (infinite where chains stand still
        at different values), the mean share of points above 1.05, and the divergences of all
        splits; ``None`` where there are no chains. An old verdict counts test points.
    judged, not_converged, verdict
        The number of splits whose fit says whether it has converged, the number of those that have
        not, and what their diagnostics say.
    old_verdict
        The number of splits whose verdict is of R-hat of f(x) at test points alone, as records were
        once judged.
    left_out
        The number of chains that ran away, for every split that lacks some.
    compiled
        The number of splits that had to compile a program.
    compiling, running, other, total
        Mean seconds per split.
    gradients
        Mean gradients of the log joint of all data per split, of methods that count them.
    pit_histogram
        Mean over splits (:func:`bayesdrop.metrics.pit_histogram`), where every split has it.
    rhat_f
        The largest R-hat of f(x) of every split; empty where there are no chains.
    mixed
        Packages of which the splits used several versions.
    ran_on
        The devices, and the number of processes at once: seconds of different ones differ.
    earlier
        True if the row was run with other settings since; it is then not compared with others.
    """

    dataset: str
    model: str
    method: str
    row: str
    splits: frozenset[int]
    failed: int
    scores: dict[str, Summary]
    max_rhat_f: float | None
    share_rhat_f: float | None
    divergences: int | None
    judged: int
    not_converged: int
    verdict: str
    old_verdict: int
    left_out: tuple[int, ...]
    compiled: int
    compiling: float
    running: float
    other: float
    total: float
    gradients: float | None
    pit_histogram: tuple[float, ...] | None
    rhat_f: tuple[float, ...]
    mixed: str
    ran_on: str
    earlier: bool

    @property
    def n(self) -> int:
        """Return the number of splits."""
        return len(self.splits)


def overview(
    records: Sequence[Record],
    suite: Suite | None = None,
    configurations: Mapping[str, str] | None = None,
) -> dict[str, list[Line]]:
    """Return dataset → its lines, in the order of the suite; skipped cells are left out.

    The arguments are those of :func:`bayesdrop.benchmark.stats.row_names.row_names`.
    """
    names = row_names(records, suite, configurations)
    groups: dict[tuple[str, RowName], list[Record]] = {}
    for record in records:
        if record["status"] != "skipped":
            groups.setdefault((record["dataset"], names[record["key"]]), []).append(record)
    lines: dict[str, list[Line]] = {}
    for (dataset, name), cells in sorted(groups.items(), key=lambda group: group[0]):
        lines.setdefault(dataset, []).append(_line(dataset, name, cells))
    return lines


def _line(dataset: str, name: RowName, records: list[Record]) -> Line:
    cells = [record for record in records if record["status"] == "ok"]
    stuck = [c["diagnostics"] for c in cells if c["diagnostics"].get("converged") is False]
    rhat, share, divergences = (
        [found for cell in cells if (found := diagnostic(cell, name)) is not None]
        for name in ("max_rhat_f", "share_rhat_f_above_1_05", "divergences")
    )
    compiling, running, total = (
        [cell["seconds"].get(phase, 0.0) for cell in cells] for phase in ("compile", "run", "total")
    )
    compile_mean, run_mean, total_mean = map(_mean, (compiling, running, total))
    gradients = [c["info"]["gradients"] for c in cells if "gradients" in c.get("info", {})]
    histograms = [cell["pit_histogram"] for cell in cells if "pit_histogram" in cell]
    return Line(
        dataset=dataset,
        model=name.model,
        method=name.method,
        row=name.label,
        splits=frozenset(cell["split"] for cell in cells),
        failed=len(records) - len(cells),
        scores=_summaries([cell["metrics"] for cell in cells]),
        max_rhat_f=max(rhat, default=None),
        share_rhat_f=_mean(share) if share else None,
        divergences=sum(divergences) if divergences else None,
        judged=sum(cell["diagnostics"].get("converged") is not None for cell in cells),
        not_converged=len(stuck),
        verdict=_verdict(stuck),
        old_verdict=sum(_is_old_verdict(cell["diagnostics"]) for cell in cells),
        left_out=tuple(
            filter(None, (len(c.get("info", {}).get("excluded_chains", ())) for c in cells))
        ),
        compiled=sum(seconds > 0 for seconds in compiling),
        compiling=compile_mean,
        running=run_mean,
        other=total_mean - run_mean - compile_mean,
        total=total_mean,
        gradients=_mean(gradients) if gradients else None,
        pit_histogram=_mean_histogram(histograms) if len(histograms) == len(cells) else None,
        rhat_f=tuple(rhat),
        mixed=_mixed_versions(cells),
        ran_on="; ".join(sorted({_ran_on(cell) for cell in cells})),
        earlier=name.earlier,
    )


def _is_old_verdict(diagnostics: Mapping[str, Any]) -> bool:
    return diagnostics.get("converged") is not None and "problems" not in diagnostics


def _verdict(stuck: Sequence[Mapping[str, Any]]) -> str:
    """What is wrong on how many splits; of old verdicts, their summaries."""
    wrong = Counter(about for found in stuck for about in found.get("problems", ()))
    counted = [f"{about} on {count}" for about, count in wrong.items()]
    old = [found["summary"].partition(";")[0] for found in stuck if _is_old_verdict(found)]
    return ", ".join([*dict.fromkeys(old), *counted])


def _summaries(metrics: list[dict[str, float]]) -> dict[str, Summary]:
    everywhere = [name for name in metrics[0] if all(name in m for m in metrics)] if metrics else []
    return {name: summary([m[name] for m in metrics]) for name in everywhere}


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def _mean_histogram(histograms: list[list[float]]) -> tuple[float, ...] | None:
    return tuple(map(_mean, zip(*histograms, strict=True))) or None


def _ran_on(record: Record) -> str:
    jobs = record["jobs"]
    device = record.get("info", {}).get("device", "cpu").partition(":")[0]  # JAX's are cpu:0
    return device if jobs == 1 else f"{device}, {jobs} processes"


def _mixed_versions(cells: list[Record]) -> str:
    packages = sorted({package for cell in cells for package in cell["versions"]})
    several = [p for p in packages if len({c["versions"].get(p) for c in cells} - {None}) > 1]
    return ", ".join(several)

"""What a run says while it runs: a line per finished cell, and on a terminal a bar."""

from __future__ import annotations

import sys
from typing import Any

from bayesdrop.benchmark.metrics import METRICS
from bayesdrop.benchmark.run.stored_record import diagnostic, reason_line
from bayesdrop.progress import LineProgress, Progress, log


class RunProgress:
    """This logs a line per finished cell, and at most one per 30 s within a cell.

    Attributes
    ----------
    inner
        Shows the steps of the cell that is running.
    """

    inner: Progress

    def __init__(self, total: int) -> None:
        self._total, self._done = total, 0
        self.inner = LineProgress()

    def __enter__(self) -> RunProgress:
        return self

    def __exit__(self, *exception: object) -> None:
        pass

    def finished(self, record: dict[str, Any]) -> None:
        """Report that a cell is done."""
        self._done += 1
        self._say(f"[{self._done}/{self._total}] {describe(record)}")

    def _say(self, line: str) -> None:
        log.info("%s", line)


class BarRunProgress(RunProgress):
    """This shows a bar over cells and one over the present cell's steps, on standard error."""

    def __init__(self, total: int) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Bar

        super().__init__(total)
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[note]}"),
        )
        self._bar = Bar(*columns, console=Console(stderr=True), transient=True)
        self._cells = self._bar.add_task("cells", total=total, note="")
        self.inner = _InnerBar(self._bar)

    def __enter__(self) -> RunProgress:
        self._bar.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._bar.stop()

    def _say(self, line: str) -> None:
        self._bar.console.print(line, highlight=False, markup=False)
        self._bar.advance(self._cells)


class _InnerBar(Progress):
    def __init__(self, bar: Any) -> None:
        self._bar = bar

    def start(self, task: str, total: int) -> None:
        self._id = self._bar.add_task(task, total=total, note="")

    def phase(self, words: str) -> None:
        self._bar.update(self._id, note=words)

    def advance(self, steps: int, note: str = "") -> None:
        self._bar.update(self._id, advance=steps, note=note)

    def finish(self) -> None:
        self._bar.remove_task(self._id)


def run_progress(total: int) -> RunProgress:
    """Choose bars where standard error is a terminal, log lines elsewhere."""
    return BarRunProgress(total) if sys.stderr.isatty() else RunProgress(total)


def describe(record: dict[str, Any]) -> str:
    """Describe a finished cell in one line."""
    name = f"{record['model']} × {record['inference']}, {record['dataset']} split {record['split']}"
    if record["status"] != "ok":
        return f"{name}: {record['status']}, {reason_line(record)}"
    metrics, rhat = record["metrics"], diagnostic(record, "max_rhat_f")
    scores = ", ".join(
        f"{made.title} {metrics[metric]:.4g}"
        for metric, made in METRICS.items()
        if made.axis and metric in metrics
    )
    mixing = "" if rhat is None else f", max R-hat of f(x) {rhat:.2f}"
    mixing += ", not converged" if record["diagnostics"].get("converged") is False else ""
    return f"{name}: {scores}{mixing}, {record['seconds']['total']:.1f} s"

"""Progress of long work: a bar on a terminal, sparse log lines elsewhere."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

log = logging.getLogger("bayesdrop")

_LINE_EVERY_S = 30.0


class Progress:
    """Reports steps of one task; the default is silent."""

    def start(self, task: str, total: int) -> None:
        """A task of ``total`` steps begins."""

    def advance(self, steps: int, note: str = "") -> None:
        """``steps`` more are done; ``note`` is a short figure to show, such as the loss."""

    def finish(self) -> None:
        """The task is done."""


class LoggedProgress(Progress):
    """A log line at most every 30 s."""

    def start(self, task: str, total: int) -> None:
        self._task, self._total, self._done = task, total, 0
        self._last = time.monotonic()

    def advance(self, steps: int, note: str = "") -> None:
        self._done += steps
        if time.monotonic() - self._last >= _LINE_EVERY_S:
            self._last = time.monotonic()
            figure = f", {note}" if note else ""
            log.info("%s: %d of %d%s", self._task, self._done, self._total, figure)


class BarProgress(Progress):
    """A rich progress bar on standard error."""

    def start(self, task: str, total: int) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as Bar

        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}"),
        )
        self._bar = Bar(*columns, console=Console(stderr=True), transient=True)
        self._bar.start()
        self._id = self._bar.add_task(task, total=total, note="")

    def advance(self, steps: int, note: str = "") -> None:
        self._bar.update(self._id, advance=steps, note=note)

    def finish(self) -> None:
        self._bar.stop()


def default_progress() -> Progress:
    """A bar where standard error is a terminal, log lines elsewhere."""
    return BarProgress() if sys.stderr.isatty() else LoggedProgress()


def progress_of(given: bool | Progress) -> Progress:
    """The default one for ``True``, a silent one for ``False``, else the one that was given."""
    if isinstance(given, bool):
        return default_progress() if given else Progress()
    return given


@contextmanager
def task(progress: Progress, name: str, total: int) -> Iterator[Progress]:
    """``progress`` between :meth:`Progress.start` and :meth:`Progress.finish`."""
    progress.start(name, total)
    try:
        yield progress
    finally:
        progress.finish()

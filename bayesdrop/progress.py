"""Progress of long work: a bar on a terminal and in a notebook, sparse lines elsewhere."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from html import escape
from importlib import import_module
from typing import Any

log = logging.getLogger("bayesdrop")

_LINE_EVERY_S = 30.0


class Progress:
    """It reports the steps of one task; the default is silent."""

    def start(self, task: str, total: int) -> None:
        """A task of ``total`` steps begins."""

    def phase(self, words: str) -> None:
        """The task does something beside its steps, such as ``"compiling …"``; ``""`` ends it."""

    def advance(self, steps: int, note: str = "") -> None:
        """``steps`` more are done; ``note`` is a short figure to show, such as the loss."""

    def finish(self) -> None:
        """The task is done."""


class LineProgress(Progress):
    """A line at once and then at most every 30 s; a task that had one gets one at its end, too.

    Lines go to the log, where that shows messages of level INFO, else to standard error.
    """

    def __init__(self) -> None:
        self._last = -_LINE_EVERY_S

    def start(self, task: str, total: int) -> None:
        self._task, self._total, self._done = task, total, 0
        self._start, self._spoke = time.monotonic(), False

    def phase(self, words: str) -> None:
        if words:
            self._now_and_then(words)

    def advance(self, steps: int, note: str = "") -> None:
        self._done += steps
        self._now_and_then(f"{self._done} of {self._total}" + (f", {note}" if note else ""))

    def finish(self) -> None:
        if self._spoke:
            seconds = time.monotonic() - self._start
            self._say(f"ended after {self._done} of {self._total}, {seconds:.0f} s")

    def _now_and_then(self, words: str) -> None:
        now = time.monotonic()
        if now - self._last >= _LINE_EVERY_S:
            self._last, self._spoke = now, True
            self._say(words)

    def _say(self, words: str) -> None:
        if log.isEnabledFor(logging.INFO) and log.hasHandlers():
            log.info("%s: %s", self._task, words)
        else:
            print(f"{self._task}: {words}", file=sys.stderr, flush=True)


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

    def phase(self, words: str) -> None:
        self._bar.update(self._id, note=words, refresh=True)

    def advance(self, steps: int, note: str = "") -> None:
        self._bar.update(self._id, advance=steps, note=note)

    def finish(self) -> None:
        self._bar.stop()


class NotebookProgress(Progress):
    """A bar in the output of a notebook's cell, by IPython alone: no widgets are needed.

    It is drawn anew at most four times a second, and stays full at the end.
    """

    def start(self, task: str, total: int) -> None:
        self._task, self._total, self._done = task, total, 0
        self._start = self._drawn = time.monotonic()
        ipython: Any = import_module("IPython.display")
        self._shown = ipython.display(self._picture(""), raw=True, display_id=True)

    def phase(self, words: str) -> None:
        self._draw(words)

    def advance(self, steps: int, note: str = "") -> None:
        self._done += steps
        if time.monotonic() - self._drawn >= 0.25:
            self._draw(note)

    def finish(self) -> None:
        self._draw("")

    def _draw(self, note: str) -> None:
        self._drawn = time.monotonic()
        self._shown.update(self._picture(note), raw=True)

    def _picture(self, note: str) -> dict[str, str]:
        """The bar as MIME types: HTML, and plain text where a front end shows no HTML."""
        seconds = time.monotonic() - self._start
        words = f"{self._task}: {self._done} of {self._total}, {seconds:.0f} s"
        words += f", {note}" if note else ""
        bar = f'<progress value="{self._done}" max="{max(self._total, 1)}"></progress>'
        return {"text/plain": words, "text/html": f"{bar} {escape(words)}"}


def default_progress() -> Progress:
    """A bar in a notebook or where standard error is a terminal, lines elsewhere."""
    if "IPython" in sys.modules:
        from rich.console import Console

        if Console().is_jupyter:
            return NotebookProgress()
    return BarProgress() if sys.stderr.isatty() else LineProgress()


def progress_of(given: bool | Progress) -> Progress:
    """The default one for ``True``, a silent one for ``False``, else the one that was given."""
    if isinstance(given, bool):
        return default_progress() if given else Progress()
    if not isinstance(given, Progress):
        raise TypeError(f"progress={given!r}: give True, False or a bayesdrop.Progress")
    return given


_SILENT = Progress()
_running: ContextVar[Progress] = ContextVar("_running")


@contextmanager
def task(progress: Progress, name: str, total: int) -> Iterator[Progress]:
    """``progress`` between :meth:`Progress.start` and :meth:`Progress.finish`."""
    progress.start(name, total)
    before = _running.set(progress)
    try:
        yield progress
    finally:
        _running.reset(before)
        progress.finish()


@contextmanager
def phase(words: str) -> Iterator[None]:
    """Show ``words`` with the task that runs, if one does, until the block is left."""
    progress = _running.get(_SILENT)
    progress.phase(words)
    try:
        yield
    finally:
        progress.phase("")

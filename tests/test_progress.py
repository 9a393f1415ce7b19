"""What ``progress=True`` shows: lines in a log, a bar on a terminal, a bar in a notebook."""

from __future__ import annotations

import io
import logging
import sys
import types
from typing import Any

import linear
import pytest

import bayesdrop as bd
from bayesdrop import progress
from bayesdrop.progress import (
    BarProgress,
    LineProgress,
    NotebookProgress,
    default_progress,
    phase,
    task,
)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> list[float]:
    """What the clock says, which a test sets; the log shows no lines unless the test says so."""
    caplog.set_level(logging.WARNING, "bayesdrop")
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def test_lines_come_at_once_and_then_now_and_then(
    clock: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    shown = LineProgress()
    with task(shown, "NUTS", 100):
        with phase("compiling …"):
            clock[0] = 12
        for step in range(100):
            clock[0] = 12 + step
            shown.advance(1, f"loss {step}")
    assert capsys.readouterr().err.splitlines() == [
        "NUTS: compiling …",
        "NUTS: 19 of 100, loss 18",
        "NUTS: 49 of 100, loss 48",
        "NUTS: 79 of 100, loss 78",
        "NUTS: ended after 100 of 100, 111 s",
    ]


def test_short_tasks_after_the_first_say_nothing(
    clock: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    shown = LineProgress()
    for name in "abcd":
        with task(shown, name, 1):
            shown.advance(1)
        clock[0] += 16
    said = ["a: 1 of 1", "a: ended after 1 of 1, 0 s", "c: 1 of 1", "c: ended after 1 of 1, 0 s"]
    assert capsys.readouterr().err.splitlines() == said


def test_lines_go_to_a_log_that_shows_them(
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.INFO, "bayesdrop"):
        shown = LineProgress()
        with task(shown, "SVI", 10):
            shown.advance(5)
    assert caplog.messages == ["SVI: 5 of 10", "SVI: ended after 5 of 10, 0 s"]
    assert capsys.readouterr().err == ""


def test_a_fit_says_that_it_compiles_and_that_it_ended(
    capsys: pytest.CaptureFixture[str],
) -> None:
    method = bd.SVI(num_steps=20, num_samples=10)
    bd.clear_caches()
    bd.fit(linear.model(), *linear.data(), method)
    first, last, *_ = capsys.readouterr().err.splitlines()
    assert first == "SVI: compiling …"
    assert last.startswith("SVI: ended after 20 of 20, ")
    bd.fit(linear.model(), *linear.data(), method)
    assert "SVI: 1 of 20, loss" in capsys.readouterr().err
    bd.fit(linear.model(), *linear.data(), method, progress=False)
    assert "SVI: ended" not in capsys.readouterr().err


def test_a_progress_of_ones_own_need_not_know_phases() -> None:
    class Mine(bd.Progress):
        steps = 0

        def advance(self, steps: int, note: str = "") -> None:
            self.steps += steps

    mine = Mine()
    bd.fit(linear.model(), *linear.data(), bd.SVI(num_steps=20, num_samples=10), progress=mine)
    assert mine.steps == 20


def test_a_phase_is_of_the_inner_task_and_of_none_outside() -> None:
    class Heard(bd.Progress):
        def __init__(self) -> None:
            self.words: list[str] = []

        def phase(self, words: str) -> None:
            self.words.append(words)

    outer, inner = Heard(), Heard()
    with phase("before"), task(outer, "outer", 1):
        with task(inner, "inner", 1), phase("a"):
            pass
        with pytest.raises(ZeroDivisionError), phase("b"):
            _ = 1 / 0
    with phase("after"):
        pass
    assert (outer.words, inner.words) == (["b", ""], ["a", ""])


def test_a_bar_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    shown = default_progress()
    assert isinstance(shown, BarProgress)
    with task(shown, "NUTS", 10):
        with phase("compiling …"):
            assert "compiling …" in terminal.getvalue()
        shown.advance(4, "loss 3")
    for words in ("NUTS", "10"):
        assert words in terminal.getvalue()


class _Handle:
    """What a notebook's cell shows: the pictures one after the other."""

    def __init__(self) -> None:
        self.pictures: list[dict[str, str]] = []

    def update(self, picture: dict[str, str], raw: bool) -> None:
        assert raw
        self.pictures.append(picture)


@pytest.fixture
def notebook(monkeypatch: pytest.MonkeyPatch) -> _Handle:
    """A notebook's cell, by the one function of IPython that is used."""
    handle = _Handle()

    def display(picture: dict[str, str], raw: bool, display_id: bool) -> _Handle:
        assert display_id
        handle.update(picture, raw)
        return handle

    module: Any = types.ModuleType("IPython.display")
    module.display = display
    monkeypatch.setitem(sys.modules, "IPython", types.ModuleType("IPython"))
    monkeypatch.setitem(sys.modules, "IPython.display", module)
    return handle


def test_a_bar_in_a_notebook(notebook: _Handle, clock: list[float]) -> None:
    shown = NotebookProgress()
    with task(shown, "A & B", 100):
        with phase("compiling …"):
            clock[0] = 3
        for _ in range(100):
            clock[0] += 0.1
            shown.advance(1, "loss 1 < 2")
    html = [picture["text/html"] for picture in notebook.pictures]
    assert html[0].endswith("A &amp; B: 0 of 100, 0 s")
    assert html[1].endswith(", compiling …")
    assert '<progress value="3" max="100">' in html[3]
    assert html[3].endswith(", loss 1 &lt; 2")
    assert 30 < len(html) < 45
    assert notebook.pictures[-1]["text/plain"] == "A & B: 100 of 100, 13 s"


@pytest.mark.parametrize("is_notebook", [True, False])
def test_which_is_the_default(
    is_notebook: bool, notebook: _Handle, monkeypatch: pytest.MonkeyPatch
) -> None:
    import rich.console

    monkeypatch.setattr(rich.console, "_is_jupyter", lambda: is_notebook)
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    assert type(default_progress()) is (NotebookProgress if is_notebook else LineProgress)

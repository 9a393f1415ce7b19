"""What a command shows in one line, and what shows its traceback."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

import bayesdrop as bd
from bayesdrop import catalog, spec
from bayesdrop.cli import app
from bayesdrop.commands.one_line import one_line
from bayesdrop.infer.engine import jax_settings
from bayesdrop.posterior.diagnosis.training_loss import final_loss
from bayesdrop.posterior.storage.saving import checked_path


def caught(call: Callable[[], Any]) -> Exception:
    with pytest.raises(Exception) as found:  # noqa: PT011
        call()
    assert isinstance(found.value, Exception)
    return found.value


def said_in_a_file_of_the_user(tmp_path: Path) -> Callable[[], Any]:
    file = tmp_path / "mine.py"
    file.write_text(
        "import bayesdrop as bd\n"
        "def refuse():\n    raise ValueError('three is too few')\n"
        "MODEL = bd.Model(bd.MLP(()))\n"
    )
    catalog.load("models", str(file))
    (module,) = [m for m in sys.modules.values() if vars(m).get("__file__") == str(file)]
    return module.refuse


ON_PURPOSE: dict[str, tuple[Callable[[], Any], str]] = {
    "ours": (lambda: bd.NUTS(num_chains=0), "num_chains must be at least 1"),
    "ours, looked up": (lambda: spec.from_dict({"type": "model:None"}), "not part of bayesdrop"),
    "a file": (lambda: checked_path("/nowhere/fit.nc"), "there is no folder /nowhere"),
    "a file that Python missed": (lambda: Path("/nowhere").read_text(), "No such file"),
    "a package": (lambda: __import__("nowhere"), "No module named 'nowhere'"),
    "memory": (lambda: np.empty(10**16, np.int8), "NumPy could not allocate 8.88 PiB"),
}


@pytest.mark.parametrize("name", ON_PURPOSE)
def test_what_a_user_can_put_right_has_words(name: str) -> None:
    call, words = ON_PURPOSE[name]
    found = one_line(caught(call))
    assert found is not None
    assert words in found


def test_a_file_of_the_user_may_refuse(tmp_path: Path) -> None:
    assert one_line(caught(said_in_a_file_of_the_user(tmp_path))) == "three is too few"


def raised(error: Exception) -> Callable[[], Any]:
    def call() -> None:
        raise error

    return call


DEFECTS: dict[str, Callable[[], Any]] = {
    "a key": lambda: {}["missing"],
    "Python's own, in our code": lambda: final_loss(None),  # type: ignore[arg-type]
    "an argument that is not there": lambda: bd.NUTS(nun_chains=2),  # type: ignore[call-arg]
    "a library's": lambda: np.linalg.cholesky(-np.eye(2)),
    "a library's, said on purpose": lambda: np.zeros(2).reshape(3),
    "a library's in Python": lambda: np.stack([]),
    "Python's own in Python": lambda: json.loads("{"),
    "at run time": raised(RuntimeError("INTERNAL: a bug")),
    "a pipe that is closed": raised(BrokenPipeError()),
    "an assertion": raised(AssertionError()),
}


@pytest.mark.parametrize("name", DEFECTS)
def test_a_defect_has_none(name: str) -> None:
    assert one_line(caught(DEFECTS[name])) is None


@contextmanager
def held() -> Iterator[None]:
    try:
        yield
    finally:
        os.getpid()


def test_the_place_is_that_of_the_error_whatever_it_passed_through() -> None:
    def call() -> None:
        with held():
            try:
                bd.NUTS(num_chains=0)
            finally:
                os.getpid()

    assert one_line(caught(call)) is not None


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (None, 2, "bayesdrop: this process was forked"),
        (KeyError("weight_0"), 1, ""),
        (RuntimeError("RESOURCE_EXHAUSTED: Out of memory\nallocating 1024 bytes."), 2, "1 KiB\n"),
    ],
)
def test_the_command_line_follows(
    error: Exception | None, code: int, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def describe(*_: object) -> str:
        if error is None:
            monkeypatch.setattr(jax_settings, "_started_in", -1)
            jax_settings._check_process()
        assert error is not None
        raise error

    monkeypatch.setattr(catalog, "describe", describe)
    result = CliRunner().invoke(app, ["list"])
    assert result.exit_code == code
    assert words in result.stderr
    if error is not None and code == 1:
        assert result.exception is error
        assert result.stderr == ""
    else:
        assert result.stderr.count("\n") == 1

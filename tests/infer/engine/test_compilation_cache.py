"""Compiled programs are kept on disk for the next process, in a folder of the user's alone."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import jax
from bayesdrop.infer.engine.compiled import Compiled

events = []
jax.monitoring.register_event_listener(lambda event, **_: events.append(event))
draw = Compiled(lambda key: jax.random.gamma(key, 3.0, (5,)))  # takes a second to compile
total = float(draw(jax.random.key(0)).sum())
print(events.count("/jax/compilation_cache/cache_hits"), total.hex())
"""


def run(cache: Path, setting: str = "") -> tuple[int, str, str]:
    """Programs found, a number that depends on the draws, and what was logged."""
    environment = {**os.environ, "XDG_CACHE_HOME": str(cache), "XLA_FLAGS": ""}
    environment["BAYESDROP_COMPILATION_CACHE"] = setting
    command = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    hits, total = done.stdout.split()[-2:]
    return int(hits), total, done.stderr


def test_the_next_process_finds_what_was_compiled(tmp_path: Path) -> None:
    first, again = run(tmp_path), run(tmp_path)
    assert (first[0], again[0]) == (0, 1)
    assert again[1] == first[1]
    [folder] = (tmp_path / "bayesdrop" / "compiled").iterdir()
    assert list(folder.iterdir())
    assert not stat.S_IMODE(folder.stat().st_mode) & 0o022


@pytest.mark.slow
def test_a_folder_that_others_write_to_is_not_used(tmp_path: Path) -> None:
    run(tmp_path / "elsewhere", setting=str(tmp_path / "chosen"))
    [folder] = (tmp_path / "chosen").iterdir()
    folder.chmod(0o777)
    hits, _, logged = run(tmp_path, setting=str(tmp_path / "chosen"))
    assert hits == 0
    assert f"{folder} belongs to somebody else, or others can write to it" in logged


def test_off_keeps_nothing(tmp_path: Path) -> None:
    run(tmp_path, setting="off")
    assert not list(tmp_path.rglob("*"))

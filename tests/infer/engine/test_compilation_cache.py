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


def run(cache: Path, **settings: str) -> tuple[int, str, str]:
    """Programs found, a number that depends on the draws, and what was logged."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("JAX_", "XLA_"))}
    environment |= {"XDG_CACHE_HOME": str(cache), **settings}
    command = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    hits, total = done.stdout.split()[-2:]
    return int(hits), total, done.stderr


@pytest.mark.slow
def test_the_next_process_finds_what_was_compiled(tmp_path: Path) -> None:
    first, again = run(tmp_path), run(tmp_path)
    assert (first[0], again[0]) == (0, 1)
    assert again[1] == first[1]
    [folder] = (tmp_path / "bayesdrop" / "compiled").iterdir()
    assert list(folder.iterdir())
    assert not stat.S_IMODE(folder.stat().st_mode) & 0o022


@pytest.mark.slow
def test_a_folder_that_others_write_to_is_not_used(tmp_path: Path) -> None:
    run(tmp_path)
    [folder] = (tmp_path / "bayesdrop" / "compiled").iterdir()
    folder.chmod(0o777)
    hits, _, logged = run(tmp_path)
    assert hits == 0
    assert f"{folder} can't be made, belongs to somebody else" in logged
    assert "or can be written to by others" in logged


@pytest.mark.slow
def test_it_can_be_turned_off(tmp_path: Path) -> None:
    run(tmp_path, JAX_ENABLE_COMPILATION_CACHE="false")
    assert not list(tmp_path.rglob("*"))


@pytest.mark.slow
def test_another_folder_can_be_named(tmp_path: Path) -> None:
    named = tmp_path / "named"
    first, again = (run(tmp_path, JAX_COMPILATION_CACHE_DIR=str(named)) for _ in range(2))
    assert (first[0], again[0]) == (0, 1)
    assert [path.name for path in tmp_path.iterdir()] == ["named"]

"""The scripts in ``benchmarks/speed`` that can run small still run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[1] / "benchmarks" / "speed"
SCRIPTS = {
    "accelerator.py": "relative error of the log joint in float32",
    "forms.py": "marginal_large",
    "noise_scale.py": "σ last",
}


def test_every_script_that_runs_small_is_here() -> None:
    found = {path.name for path in FOLDER.glob("*.py") if '"--small"' in path.read_text()}
    assert found == set(SCRIPTS)


@pytest.mark.slow
@pytest.mark.parametrize("name", SCRIPTS)
def test_it_runs(name: str, uci_data: Path) -> None:
    command = [sys.executable, str(FOLDER / name), "--small"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert SCRIPTS[name] in done.stdout
    assert "nan" not in done.stdout

"""``bd.run_suite``: the command ``bayesdrop run`` from Python."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import bayesdrop as bd
from bayesdrop.benchmark.run.store import Store
from bayesdrop.cli import app


@pytest.mark.slow
def test_it_does_what_the_command_does(own_files: Path) -> None:
    parts = {"models": "linear", "splits": range(2)}
    assert bd.run_suite("suite_of_mine.py", "python", **parts) == {"kept": 0, "ok": 2}
    arguments = ["suite_of_mine.py", "--out", "command", "--models", "linear", "--splits", "0:2"]
    with pytest.raises(SystemExit) as end:
        app(["run", *arguments])
    assert end.value.code == 0
    files = [{path.name for path in Path(out).iterdir()} for out in ("python", "command")]
    assert files[0] == files[1] >= {"report.html", "report.md", "table.csv", "records"}
    keys = [{record["key"] for record in Store(out).records()} for out in ("python", "command")]
    assert keys[0] == keys[1]
    assert bd.run_suite("suite_of_mine.py", "python", **parts) == {"kept": 2}


@pytest.mark.slow
def test_a_suite_in_memory_has_the_name_of_its_folder(own_files: Path) -> None:
    suite = bd.Suite(("linear.py",), ("least_squares.py",), ("diabetes",), splits=2)
    assert bd.run_suite(suite, Path("of") / "mine") == {"kept": 0, "ok": 2}
    assert Store("of/mine").suite() == ("mine", suite)
    assert bd.run_suite(suite, "of/mine") == {"kept": 2}
    assert Path("of/mine/report.md").read_text().startswith("# mine\n")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"jobs": 0}, "number of processes"),
        ({"models": ["lnear"]}, "not in this suite"),
        ({"splits": [7]}, "not in this suite: splits 7"),
        ({"suite": "quik"}, "did you mean 'quick'"),
    ],
    ids=str,
)
def test_what_is_wrong_is_refused_before_any_work(
    own_files: Path, changes: dict, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        bd.run_suite(**{"suite": "suite_of_mine.py", "out": "out"} | changes)
    assert not Path("out").exists()


def test_importing_it_imports_neither_framework_nor_the_reports() -> None:
    program = (
        "import bayesdrop, sys; bayesdrop.run_suite; "
        "assert not {'torch', 'jax', 'pandas', 'distributed', 'bayesdrop.benchmark.report'} "
        "& set(sys.modules), sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", program], check=True)

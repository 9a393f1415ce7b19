"""The workflow file is valid, and runs what ``make`` runs on every Python that is supported."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
JOBS: dict[str, Any] = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())["jobs"]
STEPS = [step for job in JOBS.values() for step in job["steps"]]


def test_every_action_has_a_major_version() -> None:
    actions = [step["uses"] for step in STEPS if "uses" in step]
    assert actions
    assert [action for action in actions if not re.fullmatch(r"[\w-]+/[\w-]+@v\d+", action)] == []


def test_the_tests_run_on_every_python_that_the_package_names() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    named = [c.split(" :: ")[-1] for c in project["classifiers"] if re.search(r":: 3\.\d+$", c)]
    assert JOBS["test"]["strategy"]["matrix"]["python-version"] == named


def test_lint_tests_and_docs_run_by_make() -> None:
    makefile = (ROOT / "Makefile").read_text()
    commands = {step["run"] for step in STEPS if step.get("run", "").startswith("make ")}
    assert commands >= {"make lint", "make test", "make docs"}
    for command in commands:
        target = command.removeprefix("make ").replace(".venv/bin", "$(BIN)")
        assert f"\n{target}:" in makefile

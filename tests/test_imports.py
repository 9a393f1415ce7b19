"""Imports point one way, as the contracts of ``pyproject.toml`` say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import grimp

ROOT = Path(__file__).parents[1]
LINT = "from importlinter.cli import lint_imports; exit(lint_imports(no_cache=True, no_logo=True))"


def test_imports_keep_the_contracts() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LINT], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_module_imports_the_package_that_imports_it() -> None:
    graph = grimp.build_graph("bayesdrop", exclude_type_checking_imports=True, cache_dir=None)
    assert not graph.find_modules_that_directly_import("bayesdrop")

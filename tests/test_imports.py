"""Imports point one way, as the contracts of ``pyproject.toml`` say."""

from __future__ import annotations

from pathlib import Path

import grimp
import pytest
from importlinter.cli import lint_imports

CONFIGURATION = Path(__file__).parents[1] / "pyproject.toml"


def test_imports_keep_the_contracts(capsys: pytest.CaptureFixture[str]) -> None:
    broken = lint_imports(str(CONFIGURATION), no_cache=True, no_logo=True)
    assert not broken, capsys.readouterr().out


def test_no_module_imports_the_package_that_imports_it() -> None:
    graph = grimp.build_graph("bayesdrop", exclude_type_checking_imports=True, cache_dir=None)
    assert not graph.find_modules_that_directly_import("bayesdrop")

"""The API reference has every public name, and no name that is not there."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any

import pytest

import bayesdrop as bd

PAGES = Path(__file__).parents[1] / "docs" / "api"
BLOCK = re.compile(
    r"\.\. currentmodule:: (\S+)\n\.\. autosummary::\n(?:   :.*\n)+\n((?:   \w+\n)+)"
)
SUBMODULES = ("data", "family", "likelihood", "metrics", "network", "noise", "programs", "show")
ALIASES = {"Kind", "Parameters"}  # types of annotations alone, without a docstring


def listed() -> list[tuple[str, str]]:
    """Module and name of every entry."""
    text = "\n".join(page.read_text(encoding="utf-8") for page in sorted(PAGES.glob("*.md")))
    return [(module, name) for module, names in BLOCK.findall(text) for name in names.split()]


def found(module: str, name: str) -> Any:
    return getattr(importlib.import_module(module), name)


@pytest.mark.parametrize("module", ["bayesdrop", *(f"bayesdrop.{name}" for name in SUBMODULES)])
def test_no_public_name_is_missing(module: str) -> None:
    there = [found(*entry) for entry in listed()]
    public = importlib.import_module(module).__all__
    of_own_page = {"metrics", "noise", "show"}
    modules = of_own_page if module == "bayesdrop" else set()
    wanted = [name for name in public if not name.startswith("_") and name not in ALIASES | modules]
    missing = [name for name in wanted if not any(found(module, name) is one for one in there)]
    assert missing == []


def test_every_submodule_that_the_package_gives_is_looked_at() -> None:
    given = {name for name in bd.__all__ if type(getattr(bd, name)) is type(bd)}
    assert given <= set(SUBMODULES)


def test_no_entry_is_there_twice() -> None:
    entries = listed()
    assert len(entries) > 100
    assert len(set(entries)) == len(entries)
    assert all(found(*entry).__doc__ for entry in entries)


def test_every_page_is_in_the_index() -> None:
    index = (PAGES / "index.md").read_text(encoding="utf-8")
    (tree,) = re.findall(r"```\{toctree\}\n:maxdepth: 1\n\n(.*?)```", index, re.DOTALL)
    assert sorted(tree.split()) == sorted({p.stem for p in PAGES.glob("*.md")} - {"index"})

"""Every file that names the version names the same one."""

from __future__ import annotations

import re
from pathlib import Path

import bayesdrop as bd

ROOT = Path(__file__).parents[1]
CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
CITATION = (ROOT / "CITATION.cff").read_text(encoding="utf-8")


def test_the_newest_entry_of_the_changelog_is_this_version() -> None:
    newest = re.search(r"^## (\S+) \((\d{4}-\d{2}-\d{2})\)$", CHANGELOG, re.M)
    assert newest is not None
    assert newest[1] == bd.__version__
    assert f"\ndate-released: {newest[2]}\n" in CITATION


def test_the_citation_is_of_this_version() -> None:
    assert f"\nversion: {bd.__version__}\n" in CITATION

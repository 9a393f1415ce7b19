"""The documentation's code runs, and prints what it says."""

from __future__ import annotations

import contextlib
import io
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest
from quick import quick

ROOT = Path(__file__).parents[1]
PAGES = sorted((ROOT / "docs").glob("*.md"))
BLOCK = re.compile(
    r"^```python( slow)?\n(.*?)^```$(?:\s*It prints\n+((?:^ {4}[^\n]*\n|^\n)+))?", re.M | re.S
)
TOCTREE = re.compile(r"^```\{toctree\}\n(.*?)^```$", re.M | re.S)
LONG = (
    "from-dropout-to-priors",
    "own-likelihood",
    "own-network",
    "own-sampler",
    "references",
    "scikit-learn",
    "targets",
)
"""Pages whose quick blocks take long all the same."""


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages may write files."""
    monkeypatch.chdir(tmp_path)


def _run(page: Path, monkeypatch: pytest.MonkeyPatch, *, slow: bool) -> None:
    """Run the page's blocks in one namespace, in order; slow ones only if asked."""
    text = page.read_text()
    module = ModuleType(page.stem.replace("-", "_"))
    monkeypatch.setitem(sys.modules, module.__name__, module)  # dataclasses look there
    for match in BLOCK.finditer(text):
        marked, code, expected = match.groups()
        if marked and not slow:
            continue
        line = text[: match.start()].count("\n") + 1
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile("\n" * line + code, str(page), "exec"), module.__dict__)
        if expected is not None:
            wanted = [row[4:] for row in expected.splitlines() if row.strip()]
            assert [row.rstrip() for row in printed.getvalue().splitlines()] == wanted


def test_toctrees_lead_from_the_landing_page_to_every_page() -> None:
    docs = ROOT / "docs"
    reached, ahead = set(), [docs / "index.md"]
    while ahead:
        page = ahead.pop()
        if page in reached or not page.is_file():  # the gallery's pages are made by the build
            continue
        reached.add(page)
        for tree in TOCTREE.findall(page.read_text(encoding="utf-8")):
            names = [line for line in tree.split() if not line.startswith(":")]
            ahead += [(page.parent / f"{name}.md").resolve() for name in names]
    written = {page.resolve() for page in docs.rglob("*.md")}
    generated = (docs / "examples", docs / "gallery", docs / "api" / "generated")
    wanted = {page for page in written if not any(page.is_relative_to(way) for way in generated)}
    assert docs / "results-in-brief.md" in reached
    assert sorted(wanted - reached) == []


@pytest.mark.parametrize(
    "page", quick(PAGES, lambda page: page.stem not in LONG), ids=lambda page: page.stem
)
def test_quick_blocks_run(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _run(page, monkeypatch, slow=False)


@pytest.mark.slow
@pytest.mark.parametrize(
    "page", [p for p in PAGES if "```python slow" in p.read_text()], ids=lambda page: page.stem
)
def test_all_blocks_run_and_print_what_the_page_says(
    page: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _run(page, monkeypatch, slow=True)

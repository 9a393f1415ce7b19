"""What the site's own extensions do to pages and docstrings; no Sphinx is needed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

EXTENSIONS = Path(__file__).parents[1] / "docs" / "_ext"


@pytest.fixture(autouse=True)
def _their_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(EXTENSIONS))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)


@pytest.mark.parametrize(
    ("link", "file", "page", "wanted"),
    [
        ("concepts.md#inference", "docs/methods.md", "docs/methods.md", "concepts.md#inference"),
        ("docs/own-noise.md", "CONTRIBUTING.md", "docs/contributing.md", "own-noise.md"),
        ("../CONTRIBUTING.md", "docs/concepts.md", "docs/concepts.md", "contributing.md"),
        ("../../inference/map.py", "docs/results/README.md", None, "../../inference/map.py"),
        ("examples/README.md", "docs/index.md", "docs/index.md", "gallery/index.rst"),
        ("../examples/plot_co2.py", "docs/api/show.md", None, "../gallery/plot_co2.rst"),
        ("https://x.org/a.md", "docs/index.md", "docs/index.md", "https://x.org/a.md"),
        ("#here", "CONTRIBUTING.md", "docs/contributing.md", "#here"),
        (
            "bayesdrop/infer/README.md",
            "CONTRIBUTING.md",
            "docs/contributing.md",
            "anatomy-of-a-method.md",
        ),
    ],
)
def test_links_lead_to_pages_of_the_site(
    link: str, file: str, page: str | None, wanted: str
) -> None:
    from repository_links import rewritten  # type: ignore[import-not-found]

    assert rewritten(f"a [b]({link}) c", file, page or file) == f"a [b]({wanted}) c"


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("−|w|/s", r"−\|w\|/s"),
        ("``|w|`` and |λ|", r"``|w|`` and \|λ\|"),
        ("(n, *shape of a row), (m, *shape)", r"(n, \*shape of a row), (m, \*shape)"),
        ("**bold** and 2 * 3", "**bold** and 2 * 3"),
    ],
)
def test_docstrings_are_read_as_they_are(line: str, wanted: str) -> None:
    from docstrings import escape  # type: ignore[import-not-found]

    lines = [line]
    escape(None, "", "", None, None, lines)
    assert lines == [wanted]


def test_every_example_that_was_run_has_its_pictures() -> None:
    from gallery_results import RESULTS, pictures_of  # type: ignore[import-not-found]

    names = [path.stem for path in RESULTS.glob("*.json")]
    assert len(names) > 8
    assert all(pictures_of(name) for name in names)


def test_the_page_of_commands_has_all_of_them() -> None:
    from command_line import PAGE, read  # type: ignore[import-not-found]

    source = ["# Command line\n"]
    read(None, PAGE, source)
    for command in ("list", "fit", "run", "status", "report", "data get", "show prior"):
        assert f"`bayesdrop {command}`" in source[0]

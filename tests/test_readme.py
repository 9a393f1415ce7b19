"""The README's example runs, and its links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_example_prints_what_the_readme_says(capsys: pytest.CaptureFixture[str]) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    exec(compile(code, "README.md", "exec"), {})
    printed = capsys.readouterr().out.splitlines()
    said = re.search(r"It prints\n\n(.*?)\n\n`pred`", README, re.DOTALL)
    assert said is not None
    for line, expected in zip(printed, said.group(1).splitlines(), strict=True):
        found, wanted = (re.findall(r"\d+\.\d+", text) for text in (line, expected))
        assert line.split("RMSE")[0].strip() == expected.split("RMSE")[0].strip()
        assert [float(v) for v in found] == pytest.approx([float(v) for v in wanted], rel=0.05)


def test_links_between_documents_lead_somewhere() -> None:
    for document in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")):
        for target in re.findall(r"\]\((?!http)([^)#]+)", document.read_text(encoding="utf-8")):
            assert (document.parent / target).exists(), f"{document.name}: {target}"

"""Figures on pages of the site are those of the records and pages that they are taken from."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[1] / "docs"


def rows(text: str) -> list[list[str]]:
    """The cells of every row of every table."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip(" *`") for cell in line.strip("|").split("|")] for line in lines]


def test_the_landing_page_has_the_numbers_of_its_picture() -> None:
    result = json.loads((DOCS / "examples" / "results" / "four_methods.json").read_text())
    found = result["numbers"]
    table = {row[0]: row[1:] for row in rows((DOCS / "index.md").read_text(encoding="utf-8"))}
    assert set(found) <= set(table)
    for name, each in found.items():
        among, gap = each["among the points"], each["in the gap"]
        shown = [float(number) for number in re.findall(r"[\d.]+", " ".join(table[name]))]
        numbers = [among["rmse"], among["coverage_90"], gap["rmse"], gap["coverage_90"]]
        assert shown == pytest.approx(numbers, abs=0.051, rel=0.006)


@pytest.mark.parametrize("data", ["yacht", "boston"])
def test_the_times_are_those_of_the_page_of_costs(data: str) -> None:
    """A row names a class, and the page of costs an entry of the catalog."""
    entries = {"MCDropout, rate and precision tuned": "mc_dropout_tuned", "MCDropout": "mc_dropout"}
    entries |= {"DeepEnsemble": "deep_ensemble"}
    page = (DOCS / "which-method.md").read_text(encoding="utf-8").partition("## By the time")[2]
    costs = {
        row[1]: (float(row[3]), float(row[4]))
        for row in rows((DOCS / "cost.md").read_text(encoding="utf-8"))
        if row[0] == data and row[2].endswith(("_ard", "_prior"))
    }
    table = rows(page.partition("\n## ")[0])[2:]
    assert len(table) == 9
    for label, compiling, *runs in table:
        name = label.replace("`", "")
        compiled, ran = costs[entries.get(name, name.lower())]
        assert float(runs[data == "boston"]) == ran
        low, high = (float(part) for part in (compiling.split("–") * 2)[:2])
        assert low - 1 <= compiled <= high + 1

"""The three lines at the beginning: what is best, what converged, what is missing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bayesdrop.benchmark.report.cross_dataset_tables import cross_dataset_table
from bayesdrop.benchmark.report.html import html
from bayesdrop.benchmark.report.legend import mark_legend
from bayesdrop.benchmark.report.markdown import markdown
from bayesdrop.benchmark.report.missing_table import missing_table
from bayesdrop.benchmark.report.terminal import print_report
from bayesdrop.benchmark.report.three_lines import three_lines
from bayesdrop.benchmark.report.words import counted, listed, spans
from bayesdrop.benchmark.run.store import Store
from bayesdrop.benchmark.stats.analysis import Analysis, analyse
from bayesdrop.suite import Suite

STUCK = {"converged": False, "max_rhat_f": 2.0, "problems": {}}
FINE = {"converged": True, "max_rhat_f": 1.0, "problems": {}}

Make = Callable[..., Analysis]


@pytest.fixture
def make(tmp_path: Path, make_record: Any) -> Make:
    """An analysis of ``model={data set: errors by split}``; 0 is a split that did not run."""

    def analysis(diagnostics: dict[str, dict] = {}, **errors: dict[str, list[float]]) -> Analysis:  # noqa: B006
        store = Store(tmp_path / "results")
        datasets = next(iter(errors.values()))
        splits = max(len(found) for found in datasets.values())
        store.open("mine", Suite(tuple(errors), ("m",), tuple(datasets), splits))
        for model, of_dataset in errors.items():
            for dataset, found in of_dataset.items():
                for split, error in enumerate(found):
                    own = {"diagnostics": diagnostics[model]} if model in diagnostics else {}
                    if error:
                        store.write(make_record(model, "m", split, error, dataset, **own))
        return analyse(store.folder)

    return analysis


def test_the_row_of_the_lowest_average_rank(make: Make) -> None:
    low, high = {name: [1.0, 2.0] for name in "xyz"}, {name: [2.0, 3.0] for name in "xyz"}
    assert three_lines(make(a=high, b=low)) == {
        "Best": "b × m has the lowest average rank by RMSE (1.0 of 2) and by NLL (1.0 of 2).",
        "Convergence": "None of these methods has a convergence check.",
        "Missing": "Every cell of the suite has run.",
    }


def test_a_row_without_every_split_is_not_the_best(make: Make) -> None:
    errors = {name: [2.0, 3.0] for name in "xyz"}
    less = {name: [3.0, 4.0] for name in "xyz"}
    part = {"x": [1.0, 1.0], "y": [1.0, 1.0], "z": [1.0, 0.0]}
    found = three_lines(make(a=errors, b=less, part=part))
    assert found["Best"].startswith("a × m has the lowest average rank")
    assert found["Missing"] == "Of 18 cells, 1 did not run yet: split 1 of z, part × m."


def test_two_rows_may_share_it(make: Make) -> None:
    same = {name: [1.0, 2.0] for name in "xyz"}
    said = three_lines(make(a=same, b=same))["Best"]
    assert said.startswith("a × m and b × m share the lowest average rank by RMSE (1.5 of 2)")


def test_that_the_best_has_not_converged_is_said_at_once(make: Make) -> None:
    errors = {name: [1.0, 2.0] for name in "xyz"}
    worse = {name: [2.0, 3.0] for name in "xyz"}
    found = three_lines(make({"a": STUCK, "b": FINE}, a=errors, b=worse))
    assert found["Best"].endswith(" Of its 6 fits, 6 did not converge.")
    shared = three_lines(make({"a": STUCK}, a=errors, b=errors))["Best"]
    assert shared.endswith(" Of their 6 fits with a convergence check, 6 did not converge.")
    assert found["Convergence"] == (
        "Of 12 fits with a convergence check, 6 did not converge (a × m)."
    )
    assert three_lines(make({"a": FINE, "b": FINE}, a=errors, b=worse))["Convergence"] == (
        "All 12 fits with a convergence check converged."
    )


def test_a_verdict_of_an_earlier_version_is_named(make: Make) -> None:
    old = {"converged": False, "max_rhat_f": 2.0, "summary": "short chains, not converged"}
    errors = {name: [1.0, 2.0] for name in "xyz"}
    analysis = make({"a": old, "b": FINE}, a=errors, b=errors)
    assert three_lines(analysis)["Convergence"] == (
        "Of 12 fits with a convergence check, 6 did not converge (a × m). "
        "An earlier version judged 6 of these fits, by R-hat of f(x) alone."
    )
    table, _ = cross_dataset_table(analysis, "rmse")
    assert [row["converged"] for row in table] == ["0 of 6¶", "6 of 6"]
    assert "¶" in mark_legend(table)


def test_of_few_data_sets_each_has_its_own_best(make: Make) -> None:
    said = three_lines(make(a={"x": [1.0], "y": [2.0]}, b={"x": [2.0], "y": [1.0]}))["Best"]
    assert said == "On x a × m is best by RMSE and NLL. On y b × m is best by RMSE and NLL."


def test_nothing_can_be_compared_yet(make: Make) -> None:
    said = three_lines(make(a={"x": [1.0, 0.0]}, b={"x": [0.0, 1.0]}))
    assert said["Best"].startswith("No row is best yet, because no two rows have every split")


def test_one_row_has_nothing_to_be_compared_with(make: Make) -> None:
    said = three_lines(make(a={"x": [1.0, 1.0]}))
    assert said["Best"] == "There is one row, so there is nothing to compare it with."


def test_several_groups_are_in_a_table_below(make: Make) -> None:
    analysis = make(a={"x": [1.0, 0.0, 1.0], "y": [1.0] * 3}, b={"x": [1.0] * 3, "y": [0.0] * 3})
    said = three_lines(analysis)["Missing"]
    assert said == "Of 12 cells, 4 did not run yet. They are listed below."
    assert missing_table(analysis) == [
        {"data set": "x", "row": "a × m", "splits": "1", "cells": "1"},
        {"data set": "y", "row": "b × m", "splits": "0 to 2", "cells": "3"},
    ]
    assert "| y | b × m | 0 to 2 | 3 |" in markdown(analysis)


def test_every_format_begins_with_them(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    analysis = analyse(results)
    found = three_lines(analysis)
    assert found == {
        "Best": "On d a × m is best by RMSE and NLL.",
        "Convergence": ("Of 2 fits with a convergence check, 1 did not converge (a × nuts)."),
        "Missing": (
            "Of 8 cells, 1 did not run yet: split 1 of d, b × nuts. 1 cell of b × nuts failed. "
            "2 cells of b × m can't be run."
        ),
    }
    page = html(analysis).split("<table>")[0]
    text = markdown(analysis).split("\n|")[0]
    print_report(results)
    terminal = " ".join(capsys.readouterr().out.split())
    for title, said in found.items():
        assert f"<dt>{title}</dt><dd>{said.replace(chr(39), '&#39;')}</dd>" in page
        assert f"- **{title}.** {said}\n" in text
        assert terminal.index(f"{title}: {said}") < terminal.index("RMSE NLL")


def test_words() -> None:
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert listed(["a, m", "b"]) == "a, m and b"
    assert listed(["a", "b, m", "c"]) == "a; b, m and c"
    assert spans([0, 3, 4, 5, 7]) == "0, 3 to 5, 7"
    assert (counted(1, "split"), counted(1200, "cell")) == ("1 split", "1,200 cells")

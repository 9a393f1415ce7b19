"""The best line: only of those that ran on the same splits."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from bayesdrop.benchmark.report import dataset_tables as tables
from bayesdrop.benchmark.stats.comparable import best_lines, better_on_fewer
from bayesdrop.benchmark.stats.long_table import long_table
from bayesdrop.benchmark.stats.overview import Line, overview
from bayesdrop.benchmark.stats.paired_tests import paired_differences


@pytest.fixture
def lines(make_record):
    """Lines of ``model={split: rmse}``; a negative one failed."""

    def make(**scores: dict[int, float]) -> tuple[list[Line], list[dict]]:
        failed = {"status": "failed", "error": {"type": "E", "message": "broke"}}
        records = [
            make_record(model, "m", split, abs(rmse), **(failed if rmse < 0 else {}))
            for model, found in scores.items()
            for split, rmse in found.items()
        ]
        pairs = paired_differences(long_table(records), "rmse").to_dict("records")
        return overview(records)["d"], pairs

    return make


def names(lines: Sequence[Line], numbers: Sequence[int]) -> list[str]:
    return [lines[k].model for k in numbers]


def test_fewer_splits_are_not_compared(lines) -> None:
    found, pairs = lines(a={0: 3.0, 1: 1.0, 2: 2.0}, b={0: 3.5, 1: 1.5, 2: 2.5}, few={1: 0.9})
    assert names(found, best_lines(found, "rmse")) == ["a"]
    assert (0, "RMSE") in tables.best_cells(found)
    assert {test["best"] for test in tables.tests_against_the_best(found, pairs)} == {"a × m"}


def test_a_best_that_a_row_of_fewer_splits_beats_is_marked(lines) -> None:
    found, _ = lines(a={0: 3.0, 1: 2.0}, b={0: 3.5, 1: 2.5}, few={1: 0.9}, worse={0: 9.0})
    assert names(found, better_on_fewer(found, "rmse")) == ["few"]
    best, other, few, _ = tables.score_table(found)
    assert best["RMSE"] == "2.50 ± 0.50§"
    assert "§" not in other["RMSE"] + few["RMSE"]
    why = [row for row in tables.qualified(found) if row["mark"] == "§"]
    assert why[0] == {
        "row": "a × m",
        "mark": "§",
        "why": "few × m has a better RMSE",
        "splits": "1 of 2",
    }


def test_means_that_differ_by_the_rounding_of_records_are_equal(lines) -> None:
    thirds = {0: 0.3333333333, 1: 0.6666666667}
    found, _ = lines(a=thirds, b={0: 0.3333333334, 1: 0.6666666666 + 1e-10}, few={0: 0.5 - 1e-11})
    assert names(found, best_lines(found, "rmse")) == ["a", "b"]
    assert names(found, better_on_fewer(found, "rmse")) == []
    apart, _ = lines(a=thirds, b={0: 0.33333334, 1: 0.66666667})
    assert names(apart, best_lines(apart, "rmse")) == ["a"]


def test_a_best_that_beats_all_is_not_marked(lines) -> None:
    found, _ = lines(a={0: 1.0, 1: 2.0}, b={0: 3.0, 1: 2.0}, few={1: 1.6})
    assert better_on_fewer(found, "rmse") == []
    assert tables.score_table(found)[0]["RMSE"] == "1.50 ± 0.50"


def test_neither_are_as_many_others(lines) -> None:
    found, pairs = lines(a={0: 9.0, 1: -1.0, 2: 2.0}, b={0: -9.0, 1: 1.5, 2: 2.5})
    assert best_lines(found, "rmse") == []
    assert tables.tests_against_the_best(found, pairs) == []


def test_of_accuracies_the_highest_is_the_best(make_record) -> None:
    high, low = ({"accuracy": value, "brier": 1 - value} for value in (0.9, 0.6))
    records = [make_record("a", metrics=low), make_record("b", metrics=high)]
    found = overview(records)["d"]
    assert names(found, best_lines(found, "accuracy")) == ["b"]
    assert names(found, best_lines(found, "brier")) == ["b"]
    assert best_lines(found, "coverage_90") == []


def test_splits_of_earlier_settings_are_asked_of_no_row(make_record) -> None:
    old = [make_record("a", split=split, revision=1) for split in range(3)]
    new = [make_record(model, split=0, revision=2, rmse=2.0) for model in "ab"]
    found = overview([*old, *new])["d"]
    assert names(found, best_lines(found, "rmse")) == ["a", "b"]


def test_equal_ones_are_all_the_best(lines) -> None:
    found, _ = lines(a={0: 1.0, 1: 2.0}, b={0: 2.0, 1: 1.0}, c={0: 2.0, 1: 2.0})
    assert names(found, best_lines(found, "rmse")) == ["a", "b"]

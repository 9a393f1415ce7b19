"""What a run says it will cost."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from bayesdrop import catalog
from bayesdrop.benchmark.run import cost
from bayesdrop.benchmark.run.cost import duration, mean_seconds, shipped_seconds
from bayesdrop.benchmark.run.missing import run_missing
from bayesdrop.benchmark.run.plan import Selection
from bayesdrop.suite import Suite


def test_means_of_what_ran(make_record) -> None:
    records = [
        make_record(split=0, seconds={"total": 1.0}),
        make_record(split=1, seconds={"total": 3.0}),
        make_record(model="b", status="failed", seconds={"total": 9.0}),
    ]
    assert mean_seconds(records) == {"a × m, d": 2.0}


def test_the_shipped_seconds_are_of_shipped_rows() -> None:
    suites = [catalog.load("benchmarks", name).value for name in catalog.names("benchmarks")]
    rows = {
        f"{row.model} × {row.inference.replace('{dataset}', dataset)}, {dataset}"
        for suite in suites
        if isinstance(suite, Suite)
        for row in suite.every_row
        for dataset in suite.datasets
    }
    assert shipped_seconds().keys() <= rows
    assert min(shipped_seconds().values()) > 0


@pytest.mark.parametrize(
    ("seconds", "text"), [(3.2, "3 s"), (89, "89 s"), (95, "1.6 min"), (36000, "10 h")]
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_it_is_said_before_the_run(
    own_files: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = {"linear × least_squares, diabetes": 600.0}
    monkeypatch.setattr(logging.getLogger("bayesdrop"), "propagate", True)
    monkeypatch.setattr(cost, "shipped_seconds", dict)
    caplog.set_level(logging.INFO, "bayesdrop")
    run_missing("suite_of_mine.py", "out", only=Selection(models=("linear",), splits=(0,)))
    assert "1 of 1 cells to run; no run of these rows is on record" in caplog.messages[0]
    monkeypatch.setattr(cost, "shipped_seconds", lambda: known)
    caplog.clear()
    run_missing("suite_of_mine.py", "two")
    said = (
        "6 of 6 cells to run; by recorded runs more than 30 min in one process, and 3 cells without"
    )
    assert said in caplog.messages[0]
    caplog.clear()
    run_missing("suite_of_mine.py", "two")
    assert not caplog.messages

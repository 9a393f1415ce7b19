"""Suites on data of a user's own: tables, and Python files that define a data set."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import bayesdrop as bd
from bayesdrop.benchmark.report.write import write_report
from bayesdrop.benchmark.run.missing import run_missing
from bayesdrop.benchmark.run.plan import Selection, cells_of
from bayesdrop.benchmark.run.record import run_cell
from bayesdrop.benchmark.run.status import status_lines
from bayesdrop.benchmark.run.store import Store
from bayesdrop.spec import digest

DATASET = """
import numpy as np
import bayesdrop as bd

x = np.linspace(0, 1, 40)
DATASET = bd.Dataset("line", x[:, None], 2 * x, ("x",), "y", n_splits=3)
"""


@pytest.fixture(autouse=True)
def _data(own_files: Path) -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(30, 2))
    frame = pd.DataFrame(X, columns=["a", "b"]).assign(town=["x", "y"] * 15, price=X @ [1.0, 2.0])
    frame.to_csv("houses.csv", index=False)
    Path("line.py").write_text(DATASET)


def suite() -> bd.Suite:
    file = bd.DataFile("houses.csv", target="price")
    return bd.Suite(("linear.py",), ("least_squares.py",), (file, "line.py", "diabetes"), 2)


def keys(only: str) -> set[str]:
    return {cell.key for cell in cells_of(suite(), Selection(datasets=(only,)))}


def test_their_cells_run() -> None:
    assert run_missing(suite(), "out") == {"kept": 0, "ok": 6}
    records = Store("out").records()
    assert [record["dataset"] for record in records] == [*["diabetes"] * 2, *["houses"] * 2] + [
        "line"
    ] * 2
    assert {r["n_features"] for r in records if r["dataset"] == "houses"} == {4}
    assert all(r["metrics"]["rmse"] < 0.1 for r in records if r["dataset"] != "diabetes")
    assert run_missing(suite(), "out") == {"kept": 6}
    assert "  houses: linear × least_squares: 2 ok" in status_lines("out")


@pytest.mark.slow
def test_they_run_in_processes_too_and_are_reported() -> None:
    assert run_missing(suite(), "out", jobs=2) == {"kept": 0, "ok": 6}
    write_report("out")
    assert "| houses (2) | line (2) |" in Path("out/report.md").read_text()


def test_another_process_needs_no_more_than_the_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    cells = cells_of(suite(), Selection(splits=(0,)))
    sent = pickle.dumps(cells)
    Path("line.py").unlink()
    Path("elsewhere").mkdir()
    monkeypatch.chdir("elsewhere")
    assert [run_cell(cell)["status"] for cell in pickle.loads(sent)] == ["ok"] * 3
    assert len(sent) < 20_000  # the data do not travel


def test_a_part_is_named_as_in_the_suite_or_by_the_stem() -> None:
    assert keys("line") == keys("line.py")
    assert len(keys("houses") | keys("line") | keys("diabetes")) == 6
    with pytest.raises(ValueError, match=r"not in this suite: .*'hauses'; did you mean 'houses'"):
        keys("hauses")


def test_their_keys_depend_on_their_bytes() -> None:
    tables, lines = keys("houses"), keys("line")
    assert (tables, lines) == (keys("houses"), keys("line"))
    Path("houses.csv").write_text(Path("houses.csv").read_text().replace("x", "z"))
    assert not tables & keys("houses")
    Path("line.py").write_text(DATASET.replace("2 * x", "3 * x"))
    changed = keys("line")
    assert not lines & changed
    Path("line.py").write_text(
        DATASET.replace("n_splits=3", "n_splits=3, splitter=lambda y, k: (y > k, y <= k)")
    )
    assert not keys("line") & (lines | changed)


def test_a_shipped_data_set_has_the_key_it_always_had() -> None:
    (cell, _) = cells_of(suite(), Selection(datasets=("diabetes",)))
    data = {"name": "diabetes", "sha256": bd.load_dataset("diabetes").sha256}
    assert cell.key == digest({**cell.configuration, "dataset": data, "split": 0})


def test_data_that_change_under_a_run_are_a_failure() -> None:
    (cell, _) = cells_of(suite(), Selection(datasets=("houses",)))
    with open("houses.csv", "a") as file:
        file.write("1,2,x,5\n")
    assert "have changed since the run began" in run_cell(cell)["error"]["message"]


@pytest.mark.parametrize(
    ("datasets", "message"),
    [
        (("houses.csv",), r"give bd.DataFile\('houses.csv', target=...\)"),
        ((3,), "give a tuple of names or of bd.DataFile"),
        (("line.py", bd.DataFile("line.csv", "y")), "'line' is there twice: rename one"),
    ],
)
def test_what_makes_no_suite(datasets: tuple, message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        bd.Suite(("linear.py",), ("least_squares.py",), datasets, 1)


@pytest.mark.parametrize(
    ("dataset", "error", "message"),
    [
        (bd.DataFile("yacht.csv", "price"), ValueError, "'yacht' is already a shipped data set"),
        (bd.DataFile("gone.csv", "price"), FileNotFoundError, "there is no file .*gone.csv"),
        (bd.DataFile("houses.csv", "prise"), ValueError, "did you mean 'price'"),
        ("gone.py", FileNotFoundError, "there is no file gone.py"),
        ("linear.py", ValueError, "must define DATASET, the bd.Dataset: it defines none"),
    ],
)
def test_data_that_are_not_there_are_one_sentence(
    dataset: str | bd.DataFile, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        run_missing(bd.Suite(("linear.py",), ("least_squares.py",), (dataset,), 1), "out")
    assert not Path("out").exists()

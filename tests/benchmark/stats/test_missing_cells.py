"""What of the suites has not run: by data set, row and split, put together where it is alike."""

from __future__ import annotations

from pathlib import Path

from bayesdrop.benchmark.run.store import Store
from bayesdrop.benchmark.stats.analysis import analyse
from bayesdrop.benchmark.stats.missing_cells import MissingCells, missing_cells, wanted_cells
from bayesdrop.suite import Suite


def test_alike_cells_are_together(tmp_path: Path, make_record) -> None:
    store = Store(tmp_path / "results")
    store.open("mine", Suite(("a", "b"), ("m",), ("x", "y", "z"), 3))
    for split in range(3):
        store.write(make_record("a", "m", split, dataset="x"))
    store.write(make_record("b", "m", 1, dataset="x", status="skipped", reason="too wide"))
    analysis = analyse(store.folder)
    found = missing_cells(analysis)
    assert found == [
        MissingCells(("x",), ("b × m",), (0, 2), every_row=False),
        MissingCells(("y", "z"), ("a × m", "b × m"), (0, 1, 2), every_row=True),
    ]
    assert [cells.total for cells in found] == [2, 12]
    assert len(wanted_cells(analysis)) == 18


def test_nothing_is_missing(results: Path) -> None:
    store = Store(results)
    store.open("mine", Suite(("a",), ("m",), ("d",), 2))
    assert missing_cells(analyse(results)) == []


def test_each_folder_lacks_what_its_own_suite_asks_for(tmp_path: Path, make_record) -> None:
    stores = [Store(tmp_path / name) for name in "ab"]
    for store, dataset in zip(stores, "xy", strict=True):
        name = store.folder.name
        store.open(name, Suite((name,), ("m", "n"), (dataset,), 1))
        store.write(make_record(name, "m", dataset=dataset))
    assert missing_cells(analyse(*(store.folder for store in stores))) == [
        MissingCells(("x",), ("a × n",), (0,), every_row=False),
        MissingCells(("y",), ("b × n",), (0,), every_row=False),
    ]


def test_a_data_set_is_asked_for_the_splits_it_has(tmp_path: Path, make_record) -> None:
    """``protein`` has 5 standard splits."""
    store = Store(tmp_path / "results")
    store.open("mine", Suite(("a",), ("m",), ("protein",), 20))
    store.write(make_record("a", "m", 0, dataset="protein"))
    (cells,) = missing_cells(analyse(store.folder))
    assert cells.splits == (1, 2, 3, 4)


def test_what_earlier_settings_gave_has_to_run_again(tmp_path: Path, make_record) -> None:
    store = Store(tmp_path / "results")
    store.open("mine", Suite(("a",), ("m",), ("x",), 2))
    store.write(make_record("a", "m", 0, dataset="x", revision=2))
    store.write(make_record("a", "m", 1, dataset="x", revision=1))
    (cells,) = missing_cells(analyse(store.folder))
    assert cells.splits == (1,)

"""The results folder: whole files or none, and one suite."""

from __future__ import annotations

import json
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bayesdrop.benchmark.run.store import Store
from bayesdrop.files import temporary_path
from bayesdrop.suite import Suite

SUITE = Suite(("a",), ("b",), ("c",), 2)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    opened = Store(tmp_path / "out")
    opened.open("mine", SUITE)
    return opened


def test_what_is_written_is_read(store: Store, make_record) -> None:
    second, first = make_record(split=1), make_record(split=0)
    store.write(second)
    store.write(first)
    assert store.read(first["key"]) == first
    assert store.read("another") is None
    assert store.records() == [first, second]
    assert store.suite() == ("mine", SUITE)


def test_a_write_that_breaks_off_leaves_the_old_record(
    store: Store, make_record, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.write(make_record(rmse=1.0))

    def break_off(*paths: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(os, "replace", break_off)
    with pytest.raises(OSError, match="full"):
        store.write(make_record(rmse=2.0))
    assert [record["metrics"]["rmse"] for record in store.records()] == [1.0]
    assert len(list((store.folder / "records").iterdir())) == 1


def test_a_failure_does_not_replace_a_result(store: Store, make_record) -> None:
    failure = {"error": {"type": "E", "message": "broke"}}
    for record in (
        make_record(rmse=1.0),
        make_record(status="failed", **failure),
        make_record(rmse=2.0),
        make_record(status="skipped", reason="too wide"),
    ):
        store.write(record)
    assert [record["metrics"]["rmse"] for record in store.records()] == [2.0]


def test_a_full_disk_names_the_record(
    store: Store, make_record, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    record = make_record()
    with pytest.raises(OSError, match=rf"No space left on device: '.*{record['key']}\.json'"):
        store.write(record)
    assert list((store.folder / "records").iterdir()) == []


def test_what_killed_processes_left_goes_when_a_run_begins(store: Store) -> None:
    places = [store.folder, store.folder / "records", store.folder / "configurations"]
    for place in places:
        temporary = temporary_path(place / "x.json")
        name = temporary.name.replace(str(os.getpid()), "999999999")
        temporary.with_name(name).write_text('{"key":')
    store.open("mine", SUITE)
    assert not [path for place in places for path in place.glob(".*")]


def test_numbers_json_does_not_know_never_reach_the_disk(store: Store, make_record) -> None:
    with pytest.raises(ValueError, match="JSON"):
        store.write(make_record(rmse=float("nan")))
    assert list((store.folder / "records").iterdir()) == []


def test_half_a_file_of_a_killed_process_is_passed_over(store: Store, make_record) -> None:
    (store.folder / "records" / ".x.json.123.tmp").write_text('{"key":')
    store.write(make_record())
    assert len(store.records()) == 1


def test_a_damaged_suite_is_to_be_restored(store: Store) -> None:
    (store.folder / "suite.json").write_text("<<<<<<<")
    with pytest.raises(ValueError, match=r"suite\.json is not valid JSON .* restore it"):
        store.suite()
    (store.folder / "suite.json").write_text("{}")
    with pytest.raises(ValueError, match=r"suite\.json lacks name, suite, .*: restore it"):
        store.suite()


def test_a_damaged_record_is_named(store: Store) -> None:
    (store.folder / "records" / "abc.json").write_text("{")
    with pytest.raises(ValueError, match=r"abc\.json is not valid JSON .* puts it aside"):
        store.records()


@pytest.mark.parametrize(
    ("text", "what"), [("[]", "holds no JSON object"), ('{"status": "ok"}', "lacks key, model")]
)
def test_a_record_that_is_none_is_named(store: Store, text: str, what: str) -> None:
    (store.folder / "records" / "abc.json").write_text(text)
    with pytest.raises(ValueError, match=rf"abc\.json {what}.* puts it aside"):
        store.records()


@pytest.mark.parametrize("attempt", range(100))
def test_several_may_open_a_new_folder_at_once(tmp_path: Path, attempt: int) -> None:
    """And lose nothing of what the others note."""
    start, store = threading.Barrier(4), Store(tmp_path / "out")

    def opened(row: int) -> None:
        start.wait()
        store.open("mine", SUITE, {f"row {row}": str(attempt)})

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(opened, range(4)))
    assert store.configurations() == {f"row {row}": str(attempt) for row in range(4)}


def test_configurations_of_rows_that_were_not_run_again_stay_noted(store: Store) -> None:
    store.open("mine", SUITE, {"a × m": "1", "b × m": "2"})
    store.open("mine", SUITE, {"b × m": "3"})
    assert store.configurations() == {"a × m": "1", "b × m": "3"}


def test_the_folder_of_another_suite_is_refused(store: Store) -> None:
    before = (store.folder / "suite.json").read_text()
    with pytest.raises(ValueError, match=r"results of suite 'mine', not of 'yours'.*--out"):
        store.open("yours", SUITE)
    assert (store.folder / "suite.json").read_text() == before


def test_other_settings_of_the_same_suite_are_noted(store: Store) -> None:
    changed = Suite(("a",), ("b",), ("c",), 5)
    store.open("mine", changed)
    assert store.suite() == ("mine", changed)


def test_a_folder_with_other_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("")
    with pytest.raises(ValueError, match="not empty"):
        Store(tmp_path).check("mine")
    (tmp_path / "thesis.tex").rename(tmp_path / ".suite.json.7.tmp")
    Store(tmp_path).open("mine", SUITE)
    assert json.loads((tmp_path / "suite.json").read_text())["name"] == "mine"


def test_a_file_is_no_results_folder(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    with pytest.raises(ValueError, match=r"out is a file: choose a folder with --out"):
        Store(tmp_path / "out").check("mine")


def test_no_results_folder_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="bayesdrop run SUITE --out DIR"):
        Store(tmp_path).suite()

"""What rows are called, and which of them are of earlier settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from bayesdrop.benchmark.run.store import Store
from bayesdrop.benchmark.stats.analysis import analyse
from bayesdrop.benchmark.stats.long_table import long_table
from bayesdrop.benchmark.stats.overview import overview
from bayesdrop.suite import Suite


def test_rows_have_the_names_and_the_order_of_the_suite(make_record) -> None:
    suite = Suite(
        models=("z",),
        inference=("m_{dataset}",),
        datasets=("d", "e"),
        splits=1,
        rows={"Second": ("b", "n_{dataset}"), "Third": ("a", "m")},
    )
    records = [
        make_record(*pair, dataset=dataset)
        for dataset in ("d", "e")
        for pair in (("a", "m"), ("b", f"n_{dataset}"), ("z", f"m_{dataset}"), ("q", "m"))
    ]
    for lines in overview(records, suite).values():
        assert [line.row for line in lines] == ["Second", "Third", "z × m", "q × m"]
    assert set(long_table(records, suite)["row"]) == {"Second", "Third", "z × m", "q × m"}


def test_revisions_are_never_averaged_together(make_record) -> None:
    records = [
        make_record(split=0, rmse=1.0, revision=1),
        make_record(split=1, rmse=1.0, revision=1),
        make_record(split=1, rmse=9.0, revision=2),
    ]
    new, old = overview(records)["d"]
    assert (old.row, old.scores["rmse"].mean) == ("a × m (revision 1)", 1.0)
    assert (new.row, new.scores["rmse"].mean) == ("a × m", 9.0)
    assert set(long_table(records)["row"]) == {old.row, new.row}


def test_settings_under_one_name_are_told_apart_by_their_hash(make_record) -> None:
    later = {"finished": "2026-01-01T00:00:09+00:00"}
    records = [
        make_record(split=0, configuration="abcdef123456", key="x", **later),
        make_record(split=0, configuration="fedcba123456", key="y"),
    ]
    assert [line.method for line in overview(records)["d"]] == ["m", "m (fedcba)"]


def test_a_method_for_one_data_set_in_a_row_of_its_own(make_record) -> None:
    rows = {"Each": ("a", "m_{dataset}"), "That of x": ("a", "m_x")}
    suite = Suite(rows=rows, datasets=("x", "y"), splits=1)
    pairs = (("x", "m_x"), ("y", "m_x"), ("y", "m_y"))
    records = [make_record("a", method, dataset=dataset) for dataset, method in pairs]
    found = {name: [line.row for line in of] for name, of in overview(records, suite).items()}
    assert found == {"x": ["Each"], "y": ["Each", "That of x"]}


def test_settings_that_were_taken_back_have_the_plain_name_again(
    tmp_path: Path, make_record
) -> None:
    store, suite = Store(tmp_path / "results"), Suite(("a",), ("m",), ("d",), 1)
    records = [
        make_record(variant=name, finished=f"2026-01-01T00:00:0{time}+00:00")
        for time, name in enumerate(("first", "second"))
    ]
    first, second = (record["configuration"] for record in records)
    for record in records:
        store.open("mine", suite, {"a × m": record["configuration"]})
        store.write(record)
    for present, current in ((second, second), (first, first), ("no result yet", second)):
        store.open("mine", suite, {"a × m": present})
        table = analyse(store.folder).table
        assert table[~table["earlier"]]["configuration"].unique().tolist() == [current]


def test_a_row_of_methods_by_data_set_stays_whole_when_one_of_them_changes(make_record) -> None:
    suite = Suite(rows={"First": ("a", "m_{dataset}")}, datasets=("d", "e"), splits=1)
    records = [
        make_record("a", "m_d", dataset="d", revision=1),
        make_record("a", "m_d", dataset="d", revision=2),
        make_record("a", "m_e", dataset="e", revision=1),
    ]
    rows = {dataset: [line.row for line in of] for dataset, of in overview(records, suite).items()}
    assert rows == {"d": ["First", "First (revision 1)"], "e": ["First"]}


def test_only_the_newest_revision_of_a_method_is_compared_in_any_row(make_record) -> None:
    rows = {"First": ("a", "m_{dataset}"), "Second": ("b", "m_{dataset}")}
    suite = Suite(rows=rows, datasets=("d", "e"), splits=1)
    settings = {"inference": {"type": "inference:M"}, "model": {}}
    records = [
        make_record("a", "m_d", dataset="d", revision=2, settings=settings),
        make_record("a", "m_e", dataset="e", revision=1, settings=settings),
        make_record("b", "m_d", dataset="d", revision=1, settings=settings),
    ]
    found = {name: [line.row for line in of] for name, of in overview(records, suite).items()}
    assert found == {"d": ["First", "Second (revision 1)"], "e": ["First (revision 1)"]}


@pytest.mark.parametrize("status", ["failed", "skipped"])
def test_an_attempt_without_a_result_takes_no_row_its_name(make_record, status: str) -> None:
    attempt = {"revision": 2, "finished": "2026-01-01T00:00:00+00:00", "status": status}
    attempt |= {"error": {"type": "E", "message": "broke"}} if status == "failed" else {}
    settings = {"inference": {"type": "inference:M"}, "model": {}}
    records = [make_record(settings=settings), make_record(settings=settings, **attempt)]
    current = [line for line in overview(records)["d"] if not line.earlier]
    assert [(line.row, line.n) for line in current] == [("a × m", 1)]


def test_searches_are_as_new_as_what_they_search_for(make_record) -> None:
    def search(revision: int, kind: str) -> dict:
        method = {"type": "inference:GridSearch", "inference": {"type": kind}}
        settings = {"inference": method, "model": {}}
        return make_record(inference=kind, revision=revision, settings=settings)

    lines = overview([search(2, "inference:A"), search(1, "inference:B")])["d"]
    assert not any(line.earlier for line in lines)


def test_stacks_of_other_members_may_have_other_revisions(make_record) -> None:
    def stack(revision: int, *kinds: str) -> dict:
        members = [[kind, None, {"type": f"inference:{kind}"}] for kind in kinds]
        method = {"type": "inference:Stacking", "members": members}
        settings = {"inference": method, "model": {}}
        return make_record(inference="_".join(kinds), revision=revision, settings=settings)

    lines = overview([stack(6, "A", "B"), stack(1, "B", "C"), stack(5, "B", "A")])["d"]
    assert not any(line.earlier for line in lines)
    older = make_record(inference="again", revision=5, settings=stack(6, "A", "B")["settings"])
    lines = overview([stack(6, "A", "B"), older])["d"]
    assert [line.row for line in lines if line.earlier] == ["a × again (revision 5)"]

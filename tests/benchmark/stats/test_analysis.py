"""What a report is of: one results folder or several, and what of them is compared."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from bayesdrop.benchmark.report.markdown import markdown
from bayesdrop.benchmark.report.write import write_report
from bayesdrop.benchmark.run.store import Store
from bayesdrop.benchmark.stats.analysis import analyse
from bayesdrop.suite import Suite


def test_what_earlier_settings_gave_is_shown_but_compared_with_nothing(
    tmp_path: Path, make_record
) -> None:
    store = Store(tmp_path / "results")
    store.open("mine", Suite(("a", "b"), ("m",), ("x", "y", "z"), 2))
    for dataset in ("x", "y", "z"):
        for split in range(2):
            store.write(make_record("a", "m", split, 0.1, dataset, revision=1))
            store.write(make_record("a", "m", split, 2.0, dataset, revision=2))
            store.write(make_record("b", "m", split, 3.0, dataset, revision=2))
    analysis = analyse(store.folder)
    assert set(analysis.ranks["rmse"].ranks) == {"a × m", "b × m"}
    assert set(analysis.differences["a"]) | set(analysis.differences["b"]) == {"a × m", "b × m"}
    text = markdown(analysis)
    assert "| a × m (revision 1) | – | – | – | – | 0.1000 |" in text
    assert "| a × m | – | – | – | – | **2** |" in text


def test_all_scores_are_compared_in_pairs(tmp_path: Path, make_record) -> None:
    store = Store(tmp_path / "results")
    store.open("mine", Suite(("a", "b"), ("m",), ("d",), 2))
    for model, split in itertools.product("ab", range(2)):
        metrics = {"rmse": 1.0, "nll": 2.0, "crps": 3.0, "brier": 4.0}
        store.write(make_record(model, split=split, metrics=metrics))
    found = analyse(store.folder).differences["metric"].tolist()
    assert found == ["rmse", "nll", "crps", "brier"]


def test_a_report_of_two_folders(results: Path, tmp_path: Path, make_record) -> None:
    peers = Store(tmp_path / "peers")
    peers.open("peers", Suite(rows={"Trees": ("a", "t")}, datasets=("d",), splits=2))
    peers.write(make_record("a", "t", 0, rmse=0.5))
    peers.write(make_record("a", "t", 1, rmse=0.5))
    with pytest.raises(ValueError, match="say with --out"):
        write_report(results, peers.folder)
    both = analyse(results, peers.folder)
    assert both.name == "mine + peers"
    assert {line.row for line in both.every_line} == {"a × m", "a × nuts", "b × nuts", "Trees"}
    written = write_report(results, peers.folder, out=tmp_path / "new" / "both")
    assert {path.parent for path in written} == {tmp_path / "new" / "both"}
    assert "Trees" in (tmp_path / "new" / "both" / "report.md").read_text()
    hidden = [path.name for path in (tmp_path / "new" / "both").glob(".*")]
    assert hidden == [".report.lock"]
    assert not (results / "report.md").exists()


@pytest.mark.parametrize("first_has_it", [True, False])
def test_of_a_cell_in_two_folders_the_result_counts(
    tmp_path: Path, make_record, first_has_it: bool
) -> None:
    failed = {"status": "failed", "error": {"type": "E", "message": "broke"}}
    failed["finished"] = "2026-01-01T00:00:00+00:00"
    stores = [Store(tmp_path / "one"), Store(tmp_path / "two")]
    for store, has_it in zip(stores, (first_has_it, not first_has_it), strict=True):
        store.open("mine", Suite(("a",), ("m",), ("d",), 1))
        store.write(make_record() if has_it else make_record(**failed))
    (line,) = analyse(*(store.folder for store in stores)).every_line
    assert (line.n, line.failed) == (1, 0)


def test_one_label_for_two_rows_of_two_folders(results: Path, tmp_path: Path, make_record) -> None:
    other = Store(tmp_path / "other")
    other.open("other", Suite(rows={"a × m": ("z", "y")}, datasets=("d",), splits=1))
    with pytest.raises(ValueError, match="'a × m' is a × m in one folder and z × y in another"):
        analyse(results, other.folder)


def test_versions_of_a_data_set_are_not_mixed(results: Path, make_record) -> None:
    Store(results).write(make_record("a", "m", 2, sha256="another"))
    with pytest.raises(ValueError, match=r"results on d are of 2 versions .*another, of d.*delete"):
        analyse(results)

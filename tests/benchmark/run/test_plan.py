"""From a suite to its cells."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bayesdrop.benchmark.run import suite_data
from bayesdrop.benchmark.run.plan import Selection, cells_of, groups_of
from bayesdrop.data import Dataset
from bayesdrop.suite import Suite

DATASETS = {
    name: Dataset(name, np.eye(10), np.arange(10.0), tuple("abcdefghij"), "y", n_splits)
    for name, n_splits in (("many", 20), ("few", 2))
}


@pytest.fixture(autouse=True)
def _datasets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suite_data, "load_dataset", DATASETS.__getitem__)


def suite(**changes) -> Suite:
    fields = {
        "models": ("add", "ard_add"),
        "inference": ("svi", "nuts"),
        "datasets": ("many", "few"),
        "splits": 3,
    }
    return Suite(**fields | changes)


def test_cells_that_differ_in_the_split_alone_follow_one_another() -> None:
    cells = cells_of(suite())
    assert len(cells) == 4 * 3 + 4 * 2
    assert [cell.split for cell in cells[:6]] == [0, 1, 2, 0, 1, 2]
    assert cells[-1].label == "ard_add × nuts, few split 1"
    groups = groups_of(cells)
    assert [len(group) for group in groups] == [3] * 4 + [2] * 4
    assert [cell for group in groups for cell in group] == cells


def test_a_part_of_a_suite() -> None:
    only = Selection.parse(models="ard_add", inference="nuts,svi", datasets="many", splits="1:3,0")
    assert [cell.label for cell in cells_of(suite(), only)] == [
        f"ard_add × {method}, many split {split}"
        for method in ("nuts", "svi")
        for split in (1, 2, 0)
    ]


def test_a_part_has_the_keys_of_the_whole() -> None:
    keys = {cell.key for cell in cells_of(suite())}
    assert {cell.key for cell in cells_of(suite(), Selection(splits=(1,)))} < keys


@pytest.mark.parametrize("text", ["x", "0:", "1.5", "2:1", ""])
def test_splits_that_are_none(text: str) -> None:
    with pytest.raises(ValueError, match="splits"):
        Selection.parse(splits=text)


@pytest.mark.parametrize(
    ("only", "message"),
    [
        (Selection(models=("ard_ad",)), "not in this suite: .*'ard_ad'; did you mean 'ard_add'"),
        (Selection(models=("horseshoe_ard",)), "not in this suite"),
        (Selection(inference=("hmc",)), "not in this suite"),
        (Selection(datasets=("man",)), "did you mean 'many'"),
        (Selection(splits=(3,)), "not in this suite: splits 3; it has 0 to 2"),
    ],
)
def test_what_is_no_part_of_the_suite_is_refused(only: Selection, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        cells_of(suite(), only)


def test_unknown_names_come_with_the_nearest() -> None:
    with pytest.raises(ValueError, match="unknown model 'ard_ad'; did you mean 'ard_add'"):
        cells_of(suite(models=("ard_ad",)))
    with pytest.raises(ValueError, match="unknown inference method 'nutz'; did you mean 'nuts'"):
        cells_of(suite(inference=("nutz",)))


def test_a_dataset_without_any_of_the_splits_is_refused() -> None:
    with pytest.raises(ValueError, match="few has splits 0 to 1, and none of 5, 6"):
        cells_of(suite(splits=(5, 6)))
    with pytest.raises(ValueError, match="few has splits 0 to 1, and none of 2: leave it out"):
        cells_of(suite(), Selection(splits=(2,)))


def test_two_names_for_the_same_settings_are_refused(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "same.py").write_text(
            "import bayesdrop as bd\nINFERENCE = bd.NUTS()\n"
        )
    paths = tuple(str(tmp_path / folder / "same.py") for folder in ("one", "two"))
    with pytest.raises(ValueError, match="have one name: rename"):
        cells_of(suite(rows={path: ("add", path) for path in paths}))
    renamed = (tmp_path / "two" / "same.py").rename(tmp_path / "two" / "other.py")
    with pytest.raises(ValueError, match=r"same, .* × other, .* have the same settings"):
        cells_of(suite(inference=(paths[0], str(renamed))))


def test_files_of_ones_own_are_chosen_by_path_or_name(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text("import bayesdrop as bd\nMODEL = bd.Model(bd.MLP(hidden=()))\n")
    both = suite(models=("add", str(path)))
    by_name, by_path = (cells_of(both, Selection(models=(name,))) for name in ("mine", str(path)))
    assert {cell.model.name for cell in by_name} == {"mine"}
    assert by_name == by_path


def test_a_method_for_each_data_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, steps in (("many", 10), ("few", 20)):
        text = f"import bayesdrop as bd\nINFERENCE = bd.SVI(num_steps={steps})\n"
        Path(f"svi_{name}.py").write_text(text)
    theirs = suite(inference=("svi_{dataset}.py", "nuts"))
    cells = cells_of(theirs)
    assert len(cells) == 4 * 3 + 4 * 2
    methods = {(cell.dataset, cell.inference.name) for cell in cells}
    assert methods == {(d, m) for d in ("many", "few") for m in (f"svi_{d}", "nuts")}
    assert {
        cell.inference.name for cell in cells_of(theirs, Selection(inference=("svi_{dataset}.py",)))
    } == {*("svi_many", "svi_few")}
    only = Selection(inference=("svi_few",), datasets=("few",))
    assert {cell.inference.value.num_steps for cell in cells_of(theirs, only)} == {20}
    each = cells_of(theirs, Selection(inference=("svi_few", "svi_many")))
    assert {(cell.dataset, cell.inference.name) for cell in each} == methods - {
        ("many", "nuts"),
        ("few", "nuts"),
    }
    with pytest.raises(ValueError, match="svi_third"):
        cells_of(suite(inference=("svi_third",)))


def test_named_rows_are_pairs_and_not_a_product() -> None:
    rows = {"A": ("add", "svi"), "B": ("ard_add", "nuts")}
    theirs = Suite(datasets=("few",), splits=2, rows=rows)
    assert [cell.label for cell in cells_of(theirs)] == [
        f"{pair}, few split {split}" for pair in ("add × svi", "ard_add × nuts") for split in (0, 1)
    ]
    by_nuts = cells_of(theirs, Selection(inference=("nuts",)))
    assert {cell.model.name for cell in by_nuts} == {"ard_add"}
    with pytest.raises(ValueError, match="no row of this suite has one of these models with one"):
        cells_of(theirs, Selection(models=("add",), inference=("nuts",)))

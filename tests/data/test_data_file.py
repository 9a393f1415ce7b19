"""A user's CSV or Parquet file is the arrays that they would write by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import bayesdrop as bd
from bayesdrop.data.reading import columns_of, read_frame
from bayesdrop.spec import from_dict, to_dict

ROWS = 20
AREA = np.arange(ROWS) + 0.5
TOWN = np.array(["bern", "aarau"])[np.arange(ROWS) % 2]
PRICE = 3.0 * AREA + 1
HOUSES = pd.DataFrame(
    {"id": [f"h{k}" for k in range(ROWS)], "area": AREA, "town": TOWN, "price": PRICE}
)


@pytest.fixture(autouse=True)
def _files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    HOUSES.to_csv("houses.csv", index=False)
    HOUSES.to_parquet("houses.parquet", index=False)


@pytest.mark.parametrize("path", ["houses.csv", "houses.parquet"])
def test_a_file_is_a_data_set(path: str) -> None:
    dataset = bd.DataFile(path, target="price", drop=("id",)).load()
    assert dataset.name == "houses"
    assert dataset.feature_names == ("area", "town=aarau", "town=bern")
    np.testing.assert_array_equal(
        dataset.X, np.column_stack([AREA, TOWN == "aarau", TOWN == "bern"])
    )
    np.testing.assert_array_equal(dataset.y, PRICE)
    assert (dataset.target_name, dataset.n_splits) == ("price", 20)
    assert len(dataset.split(19).train_index) == 18


def test_text_and_truth_are_classes() -> None:
    columns = columns_of(HOUSES, "town", ["id"])
    assert columns.labels == ("aarau", "bern")
    np.testing.assert_array_equal(columns.y, TOWN)
    assert list(columns.X) == ["area", "price"]
    truth = columns_of(HOUSES.assign(dear=PRICE > 30), "dear", ["id"])
    assert truth.labels == (False, True)
    assert truth.y.dtype == bool
    np.testing.assert_array_equal(truth.y, PRICE > 30)
    floors = pd.Categorical(np.arange(ROWS) % 3)
    assert columns_of(HOUSES.assign(floor=floors), "floor", ["id"]).labels == (0, 1, 2)


def test_classes_of_a_data_set_are_numbers() -> None:
    HOUSES.assign(dear=PRICE > 30).to_parquet("houses.parquet", index=False)
    towns = bd.DataFile("houses.csv", "town", ("id",)).load()
    assert towns.target_name == "town: aarau, bern"
    np.testing.assert_array_equal(towns.y, TOWN == "bern")
    dear = bd.DataFile("houses.parquet", "dear", ("id",)).load()
    assert dear.target_name == "dear: False, True"
    np.testing.assert_array_equal(dear.y, PRICE > 30)


def test_the_digest_is_of_the_bytes_and_of_what_is_done_with_them() -> None:
    file = bd.DataFile("houses.csv", target="price", drop=("id",))
    before = file.load().sha256
    Path("elsewhere").mkdir()
    Path("elsewhere/houses.csv").write_bytes(Path("houses.csv").read_bytes())
    assert replace(file, path="elsewhere/houses.csv", n_splits=3).load().sha256 == before
    others = [
        replace(file, path="houses.parquet"),
        replace(file, target="area"),
        replace(file, drop=("id", "town")),
        replace(file, splits="ordered"),
    ]
    assert len({before, *(other.load().sha256 for other in others)}) == 5
    Path("houses.csv").write_text(Path("houses.csv").read_text().replace("h0,0.5,", "h0,0.25,"))
    assert file.load().sha256 != before


def test_splits() -> None:
    ordered = bd.DataFile("houses.csv", "price", ("id",), splits="ordered").load()
    assert ordered.n_splits == 1
    np.testing.assert_array_equal(ordered.split(0).test_index, np.arange(16, 20))
    stratified = bd.DataFile("houses.csv", "town", ("id",), splits="stratified", n_splits=2).load()
    assert sorted(stratified.split(1).y_test) == [0.0, 0.0, 1.0, 1.0]


def test_it_survives_json() -> None:
    file = bd.DataFile("houses.csv", target="price", drop=("id",))
    assert from_dict(to_dict(file)) == file


BROKEN = {
    "nowhere.csv": (None, FileNotFoundError, "there is no file nowhere.csv"),
    "empty.csv": ("", ValueError, "empty.csv can't be read as CSV: No columns"),
    "names.csv": ("area,price\n", ValueError, "names.csv has no rows"),
    "german.csv": ("area;price\n1,5;2\n", ValueError, "one column, 'area;price': separate its"),
    "text.parquet": ("area,price\n", ValueError, "text.parquet can't be read as Parquet"),
    "latin.csv": (b"gr\xf6sse,price\n1,2\n", ValueError, "latin.csv is not in UTF-8: save it"),
    "other.xlsx": ("", ValueError, "other.xlsx is no table: give a file that ends in .csv or"),
}


@pytest.mark.parametrize("path", BROKEN)
def test_a_file_that_is_no_table_is_one_sentence(path: str) -> None:
    content, error, message = BROKEN[path]
    if content is not None:
        Path(path).write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(error, match=message):
        read_frame(path)


DAYS = [f"2024-01-{day:02}" for day in range(1, 21)]


@pytest.mark.parametrize(
    ("frame", "target", "drop", "message"),
    [
        (HOUSES, "prise", (), "mine: unknown column 'prise'; did you mean 'price'"),
        (HOUSES, "price", ("ids",), "unknown column 'ids'; did you mean 'id'"),
        (HOUSES, "price", ("price",), "column 'price' is the target and can't be left out"),
        (HOUSES[["price"]], "price", (), "no column beside the target 'price'"),
        (HOUSES, "price", (), "column 'id' is text that differs in every row, such as 'h0', 'h1'"),
        (HOUSES.rename(columns={"id": "Unnamed: 0"}), "price", (), "'Unnamed: 0' has no name"),
        (HOUSES.assign(id=DAYS), "price", (), "column 'id' holds dates, such as '2024-01-01'"),
        (
            HOUSES.assign(id=["1.2.24"] * 20),
            "price",
            (),
            "column 'id' holds dates, such as '1.2.24'",
        ),
        (
            HOUSES.assign(area=["1,200"] * 10 + ["900,5"] * 10),
            "price",
            ("id",),
            "mine: column 'area' holds numbers that are text, such as '1,200': write.*thousands",
        ),
        (
            HOUSES.assign(price=["1.200"] * 20),
            "price",
            ("id",),
            "column 'price' holds numbers that are",
        ),
        (HOUSES.assign(id=["9/30/2024 9:15"] * 20), "price", (), "dates, such as '9/30/2024 9:15'"),
        (HOUSES.assign(price=PRICE[:3].tolist() + [None] * 17), "price", ("id",), "lacks 17 value"),
        (HOUSES.assign(town=[None, *TOWN[1:]]), "town", ("id",), "lacks 1 value.*first in row 0"),
    ],
)
def test_a_column_that_can_t_be_used_is_named(
    frame: pd.DataFrame, target: str, drop: tuple[str, ...], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        columns_of(frame, target, drop, "mine")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"path": "houses.txt"}, "give a .csv or a .parquet file"),
        ({"drop": "id"}, "give a tuple of names"),
        ({"splits": "orderd"}, "did you mean 'ordered'"),
        ({"n_splits": 0}, "n_splits must be at least 1"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings: dict, message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        bd.DataFile(**{"path": "houses.csv", "target": "price"} | settings)

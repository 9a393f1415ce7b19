"""Data frames of every kind become the numbers that a user would write by hand."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import linear
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from prior_draws import PriorDraws

import bayesdrop as bd
from bayesdrop.data.encoding import encoding_of

AGE, ON, COLOUR = [1.5, 2.0, 4.0, 8.0], [True, False, True, True], ["red", "blue", "red", "green"]
NUMBERS = np.column_stack(
    [AGE, ON, *(np.array(COLOUR) == level for level in ("blue", "green", "red"))]
)
NAMES = ("age", "on", "colour=blue", "colour=green", "colour=red")
COLUMNS = {"age": AGE, "on": ON, "colour": COLOUR}
FRAMES: dict[str, Callable[[dict[str, list[Any]]], Any]] = {
    "pandas": pd.DataFrame,
    "pandas, nullable": lambda columns: pd.DataFrame(columns).convert_dtypes(),
    "pandas, Arrow": lambda columns: pd.DataFrame(columns).convert_dtypes(dtype_backend="pyarrow"),
    "pandas, objects": lambda columns: pd.DataFrame(columns, dtype=object),
    "pandas, categories": lambda columns: pd.DataFrame(columns).astype({"colour": "category"}),
    "polars": pl.DataFrame,
    "polars, categories": lambda columns: pl.DataFrame(
        columns, schema_overrides={"colour": pl.Categorical}
    ),
    "pyarrow": pa.table,
}
every_frame = pytest.mark.parametrize("make", FRAMES.values(), ids=FRAMES)


@every_frame
def test_numbers_booleans_and_text(make: Any) -> None:
    frame = make(COLUMNS)
    encoding = encoding_of(frame, "error")
    assert encoding is not None
    assert encoding.feature_names == NAMES
    np.testing.assert_array_equal(encoding.encode(frame), NUMBERS)


@every_frame
@pytest.mark.parametrize("column", ["age", "on", "colour"])
def test_what_is_missing_is_refused_or_marked(make: Any, column: str) -> None:
    values = list(COLUMNS[column])
    values[2] = None
    frame = make(COLUMNS | {column: values})
    words = rf"column '{column}' of X lacks 1 value\(s\), the first in row 2.*missing=\"indicator\""
    with pytest.raises(ValueError, match=words):
        encoding_of(frame, "error")
    encoding = encoding_of(frame, "indicator")
    assert encoding is not None
    assert encoding.feature_names.count(f"{column} missing") == 1
    assert len(encoding.feature_names) == 6
    found = dict(zip(encoding.feature_names, encoding.encode(frame).T, strict=True))
    np.testing.assert_array_equal(found[f"{column} missing"], [0, 0, 1, 0])
    expected = dict(zip(NAMES, NUMBERS.T, strict=True))
    present = [0, 1, 3]
    for name in encoding.feature_names:
        if name in expected:
            np.testing.assert_array_equal(found[name][present], expected[name][present])
    if column == "colour":
        assert all(found[name][2] == 0 for name in NAMES[2:])
    else:
        assert found[column][2] == np.mean(found[column][present])
    with pytest.raises(ValueError, match=f"column '{column}' of X lacks"):
        encoding_of(make(COLUMNS), "indicator").encode(frame)  # type: ignore[union-attr]


def test_categories_of_numbers_are_categories() -> None:
    frame = pd.DataFrame({"floor": pd.Categorical([3, 1, 3])})
    encoding = encoding_of(frame, "error")
    assert encoding is not None
    assert encoding.feature_names == ("floor=1", "floor=3")


@pytest.mark.parametrize(
    ("column", "error", "words"),
    [
        ([datetime.date(2020, 1, day) for day in (1, 2)], TypeError, "dates or times.*such as"),
        ([datetime.datetime(2020, 1, day) for day in (1, 2)], TypeError, "dates or times"),
        ([datetime.timedelta(day) for day in (1, 2)], TypeError, "dates or times"),
        ([[1, 2], [3]], TypeError, "neither numbers nor text"),
        ([1.0, np.inf], ValueError, r"1 infinite value\(s\), the first in row 1"),
        ([None, None], ValueError, "no value at all: leave it out"),
    ],
)
@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame], ids=["pandas", "polars"])
def test_columns_that_are_neither(
    make: Any, column: list[Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=f"column 'when' (holds|has|of X has).*{words}"):
        encoding_of(make({"age": AGE[:2], "when": column}), "indicator")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (datetime.date(2020, 1, 1), "dates or times"),
        (pd.Timestamp("2020-01-01"), "dates or times"),
        ((1, 2), r"\(1, 2\), which is neither numbers nor text"),
        (2j, "2j, which is neither"),
        ("one", "text and 1.5: make all of it text"),
    ],
)
def test_an_object_after_a_number(value: Any, words: str) -> None:
    column = pd.Series([1.5, value], dtype=object)
    with pytest.raises(TypeError, match=f"column 'a' holds {words}"):
        encoding_of(pd.DataFrame({"a": column}), "error")


@pytest.mark.parametrize(
    ("column", "words"),
    [
        (pd.period_range("2020", periods=2, freq="D"), "dates or times"),
        (np.array([1j, 2]), "complex128, which is neither"),
        (pd.interval_range(0, 2), "interval.*, which is neither"),
    ],
)
def test_columns_of_types_that_pandas_alone_has(column: Any, words: str) -> None:
    with pytest.raises(TypeError, match=f"column 'a' holds {words}"):
        encoding_of(pd.DataFrame({"a": column}), "error")


def test_a_sparse_column_is_its_numbers() -> None:
    frame = pd.DataFrame({"age": pd.arrays.SparseArray(AGE)})
    encoding = encoding_of(frame, "error")
    assert encoding is not None
    np.testing.assert_array_equal(encoding.encode(frame)[:, 0], AGE)


class ByStream:
    """A frame that has nothing but Arrow's stream."""

    def __init__(self, table: pa.Table) -> None:
        self.table = table

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.table.__arrow_c_stream__(requested_schema)


class ByInterchange:
    """A frame that has nothing but the interchange protocol."""

    def __init__(self, table: pa.Table) -> None:
        self.table = table

    def __dataframe__(self, nan_as_null: bool = False, allow_copy: bool = True) -> object:
        return self.table.__dataframe__(nan_as_null, allow_copy)


@pytest.mark.parametrize("kind", [ByStream, ByInterchange])
def test_a_frame_that_narwhals_reads_by_a_protocol(kind: Any) -> None:
    frame = kind(pa.table(COLUMNS))
    encoding = encoding_of(frame, "error")
    assert encoding is not None
    np.testing.assert_array_equal(encoding.encode(frame), NUMBERS)


def test_a_record_batch_is_a_table() -> None:
    batch = pa.record_batch({name: COLUMNS[name] for name in ("on", "colour", "age")})
    encoding = encoding_of(pa.table(COLUMNS), "error")
    assert encoding is not None
    np.testing.assert_array_equal(encoding.encode(batch), NUMBERS)
    outputs = pa.record_batch({"a": AGE, "b": AGE[::-1]})
    made = bd.fit(linear.model(), batch, outputs, PriorDraws(), progress=False)
    assert made.target is not None
    assert (made.feature_names[0], made.target.names) == ("on", ("a", "b"))


@pytest.mark.parametrize(
    "make",
    [
        pd.DataFrame,
        pl.DataFrame,
        pa.table,
        lambda columns: pd.DataFrame(columns).convert_dtypes(dtype_backend="pyarrow"),
    ],
)
def test_whole_numbers_beyond_float64_are_rounded(make: Any) -> None:
    frame = make({"id": [2**60 + 1, 2**62, 7]})
    encoding = encoding_of(frame, "error")
    assert encoding is not None
    np.testing.assert_array_equal(encoding.encode(frame)[:, 0], [2.0**60, 2.0**62, 7])


def test_categories_of_numbers_come_back_from_a_file_as_numbers() -> None:
    floors = [3.5, 1, 3.5]
    encoding = encoding_of(pd.DataFrame({"floor": pd.Categorical(floors)}), "error")
    assert encoding is not None
    numbers = encoding.encode(pd.DataFrame({"floor": floors}))
    np.testing.assert_array_equal(numbers, [[0, 1], [1, 0], [0, 1]])
    with pytest.raises(ValueError, match=r"'floor' of X holds '2.5', which no training row had"):
        encoding.encode(pd.DataFrame({"floor": [2.5]}))


@pytest.mark.parametrize(
    ("fitted", "new", "words"),
    [
        ([1.0, 2.0], ["a", "b"], r"holds text, and in the fit it held numbers.*astype\(float\)"),
        (["a", "2"], [1.0, 2.0], r"holds numbers, and in the fit it held text.*astype\(str\)"),
    ],
)
def test_a_column_of_another_kind(fitted: list[Any], new: list[Any], words: str) -> None:
    encoding = encoding_of(pd.DataFrame({"a": fitted}), "error")
    assert encoding is not None
    with pytest.raises(TypeError, match=f"column 'a' of X {words}"):
        encoding.encode(pd.DataFrame({"a": new}))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            ["2020-01-01", "2020-01-02 12:30"] * 5,
            "holds dates, such as '2020-01-01': turn them .*, or leave it out",
        ),
        (["1,200", "3,400"] * 5, "holds numbers that are text, such as '1,200'"),
        ([f"row {i}" for i in range(10)], "is text that differs in every row, such as 'row 0'"),
    ],
)
@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, pd.Categorical])
def test_text_that_is_no_level_of_a_category(make: Any, text: list[str], words: str) -> None:
    own = pd.Categorical(text) if make is pd.Categorical else text
    frame = (pl.DataFrame if make is pl.DataFrame else pd.DataFrame)({"a": own})
    with pytest.raises(ValueError, match=f"column 'a' {words}"):
        encoding_of(frame, "error")


def test_text_that_differs_in_nine_rows_is_levels() -> None:
    assert encoding_of(pd.DataFrame({"a": list("abcdefghi")}), "error") is not None


def test_names_of_several_levels() -> None:
    frame = pd.DataFrame(
        [[1.0, 2.0], [3.0, 5.0]], columns=pd.MultiIndex.from_product([["a"], [1, 2]])
    )
    encoding = encoding_of(frame, "error")
    assert encoding is not None
    np.testing.assert_array_equal(encoding.encode(frame.iloc[:, ::-1]), frame)


def test_an_array_of_dates_is_told_what_to_do() -> None:
    days = np.array(["2020-01-01", "2020-01-02"], dtype="datetime64[D]")
    with pytest.raises(TypeError, match="X holds dates or times: turn them into numbers first"):
        bd.fit(linear.model(), days[:, None], [1.0, 2.0], linear.ExactLinear(), progress=False)


def test_a_column_of_text_and_numbers() -> None:
    with pytest.raises(TypeError, match=r"column 'a' holds text and 1: make all of it text"):
        encoding_of(pd.DataFrame({"a": [1, "one"]}), "error")


def test_two_columns_of_one_name() -> None:
    frame = pd.DataFrame(np.ones((2, 2)), columns=["a", "a"])
    with pytest.raises(ValueError, match="columns of X have one name, 'a' 2 times: rename them"):
        encoding_of(frame, "error")


def test_a_lazy_frame_is_to_be_collected() -> None:
    with pytest.raises(TypeError, match=r"lazy data frame: give X\.collect\(\)"):
        encoding_of(pl.LazyFrame(COLUMNS), "error")


# Fits


def houses(rows: int = 40) -> tuple[pd.DataFrame, np.ndarray]:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "area": rng.normal(100, 20, rows),
            "garden": rng.random(rows) < 0.5,
            "town": rng.choice(["Bern", "Chur", "Ulm"], rows),
        }
    )
    y = frame["area"] + 20 * frame["garden"] + 30 * (frame["town"] == "Ulm") + rng.normal(size=rows)
    return frame, y.to_numpy()


def by_hand(frame: pd.DataFrame) -> np.ndarray:
    towns = [frame["town"] == town for town in ("Bern", "Chur", "Ulm")]
    return np.column_stack([frame["area"], frame["garden"], *towns]).astype(float)


@pytest.fixture(scope="module")
def fit() -> bd.Posterior:
    frame, y = houses()
    return bd.fit(linear.model(), frame, y, linear.ExactLinear(num_samples=50), progress=False)


def test_a_fit_of_a_frame_is_that_of_its_numbers(fit: bd.Posterior, tmp_path: Path) -> None:
    frame, y = houses()
    method = linear.ExactLinear(num_samples=50)
    numbers = bd.fit(linear.model(), by_hand(frame), y, method, progress=False)
    expected = numbers.predict(by_hand(frame)).mean
    np.testing.assert_allclose(fit.predict(frame).mean, expected, rtol=1e-9)
    assert fit.feature_names == ("area", "garden", "town=Bern", "town=Chur", "town=Ulm")
    fit.save(tmp_path / "fit.nc")
    again = bd.load(tmp_path / "fit.nc")
    assert again.encoding == fit.encoding
    np.testing.assert_array_equal(again.predict(frame[:3]).mean, fit.predict(frame[:3]).mean)


def test_columns_in_another_order_and_library_are_put_right(fit: bd.Posterior) -> None:
    frame, _ = houses()
    expected = fit.predict(frame).mean
    for other in (
        frame[["town", "area", "garden"]],
        pl.from_pandas(frame[["garden", "town", "area"]]),
    ):
        np.testing.assert_array_equal(fit.predict(other).mean, expected)


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        (lambda X: X.rename(columns={"area": "Area"}), ValueError, "missing 'area', unexpected 'A"),
        (lambda X: X.rename(columns=str.upper), ValueError, "missing 'area', 'garden', 'town'"),
        (lambda X: X.drop(columns="town"), ValueError, "missing 'town', unexpected none"),
        (lambda X: X.assign(town="Paris"), ValueError, "'town' of X holds 'Paris', which no tra"),
        (lambda X: X.assign(town=3.0), TypeError, "'town' of X holds numbers.*it held text"),
        (lambda X: X.assign(area="big"), TypeError, "'area' of X holds text.*it held numbers"),
        (lambda X: X.assign(area=np.nan), ValueError, "'area' of X lacks 40 value"),
        (lambda X: X.to_numpy(), TypeError, "column 'town' is text: give a data frame"),
        (lambda X: X.to_numpy()[:, :2], TypeError, "column 'town' is text: give a data frame"),
    ],
)
def test_other_frames_are_refused(
    fit: bd.Posterior, change: Any, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        fit.predict(change(houses()[0]))


def test_a_frame_of_numbers_takes_an_array_by_place() -> None:
    frame, y = houses()
    numbers = frame[["area", "garden"]]
    post = bd.fit(linear.model(), numbers, y, linear.ExactLinear(num_samples=50), progress=False)
    array = numbers.to_numpy(dtype=float)
    np.testing.assert_array_equal(post.predict(array).mean, post.predict(numbers).mean)
    with pytest.raises(ValueError, match=r"X has shape \(40, 1\), and the fit saw 2 columns"):
        post.predict(array[:, :1])


@pytest.mark.parametrize("row", [np.ones(2), pd.Series([1.0, 2.0])])
def test_one_row_is_told_how_to_become_rows(row: Any) -> None:
    frame, y = houses()
    numbers = frame[["area", "garden"]]
    post = bd.fit(linear.model(), numbers, y, linear.ExactLinear(num_samples=5), progress=False)
    with pytest.raises(ValueError, match=r"shape \(2,\).*For one row give X\[None\], or frame"):
        post.predict(row)


def test_a_frame_without_rows_is_said_to_have_none() -> None:
    with pytest.raises(ValueError, match="X has 0 rows: give at least one"):
        encoding_of(pd.DataFrame({"age": AGE[:0]}), "error")


def test_decimal_numbers_are_numbers() -> None:
    ratios = pd.DataFrame({"age": [Fraction(value) for value in AGE]}, dtype=object)
    encoding = encoding_of(ratios, "error")
    assert encoding is not None
    np.testing.assert_array_equal(encoding.encode(ratios)[:, 0], AGE)
    exact = [None, *(Decimal(int(4 * value)) / 4 for value in AGE)]
    for frame in (pd.DataFrame({"age": exact}), pl.DataFrame({"age": exact})):
        encoding = encoding_of(frame, "indicator")
        assert encoding is not None
        np.testing.assert_array_equal(encoding.encode(frame)[1:, 0], AGE)


def test_names_given_to_an_array_put_a_frame_in_order() -> None:
    frame, y = houses()
    names = ["area", "garden"]
    array = frame[names].to_numpy(dtype=float)
    method = linear.ExactLinear(num_samples=50)
    post = bd.fit(linear.model(), array, y, method, progress=False, feature_names=names)
    expected = post.predict(array).mean
    np.testing.assert_array_equal(post.predict(frame[["garden", "area"]]).mean, expected)
    np.testing.assert_array_equal(post.predict(pd.DataFrame(array)).mean, expected)
    other = pd.DataFrame(array[:, ::-1], columns=["Garden", "Area"])
    with pytest.raises(ValueError, match="missing 'area', 'garden', unexpected 'Garden', 'Area'"):
        post.predict(other)
    nameless = bd.fit(linear.model(), array, y, method, progress=False)
    named = pd.DataFrame(array, columns=["a", "b"])
    np.testing.assert_array_equal(nameless.predict(named).mean, nameless.predict(array).mean)
    turned = pd.DataFrame(array[:, ::-1], columns=["x1", "x0"])
    np.testing.assert_array_equal(nameless.predict(turned).mean, nameless.predict(array).mean)


def test_names_of_an_array_that_lacks_values() -> None:
    frame, y = houses()
    array = frame[["area", "garden"]].to_numpy(dtype=float)
    array[3, 1] = np.nan
    post = bd.fit(
        linear.model(),
        array,
        y,
        linear.ExactLinear(num_samples=50),
        progress=False,
        feature_names=["area", "garden"],
        missing="indicator",
    )
    assert post.feature_names == ("area", "garden", "garden missing")
    swapped = pd.DataFrame(array, columns=["area", "garden"])[["garden", "area"]]
    np.testing.assert_array_equal(post.predict(swapped).mean, post.predict(array).mean)
    array[0, 0] = np.nan
    with pytest.raises(ValueError, match=r"'area' of X lacks 1 .*No training row lacked one"):
        post.predict(array)


def test_an_array_that_lacks_values(tmp_path: Path) -> None:
    X, y = linear.data(rows=30, features=3)
    X[4, 1] = X[7, 1] = np.nan
    with pytest.raises(ValueError, match=r"X has 2 missing .*\[4, 1\]: .*fit with missing="):
        bd.fit(linear.model(), X, y, PriorDraws(), progress=False)
    with pytest.raises(ValueError, match=r"X has 2 missing or .*\[4, 1\] in column 'temp': drop"):
        bd.fit(
            *(linear.model(), X, y, PriorDraws()),
            feature_names=["load", "temp", "wind"],
            progress=False,
        )
    post = bd.fit(linear.model(), X, y, PriorDraws(), progress=False, missing="indicator")
    assert post.feature_names == ("x0", "x1", "x1 missing", "x2")
    assert post.training.X_original[4, 1] == np.nanmean(X[:, 1])
    post.save(tmp_path / "fit.nc")
    again = bd.load(tmp_path / "fit.nc")
    np.testing.assert_array_equal(again.predict(X).mean, post.predict(X).mean)
    X[0, 0] = np.nan
    with pytest.raises(ValueError, match="column 'x0' of X lacks 1"):
        post.predict(X)


@pytest.mark.parametrize("way", ["masked", "None", "pandas NA"])
def test_what_is_missing_in_an_array_is_marked_however_it_is_said(way: str) -> None:
    X, y = linear.data(rows=30, features=3)
    hidden = np.zeros(X.shape, dtype=bool)
    hidden[[4, 7], 1] = True
    objects = np.where(hidden, None if way == "None" else pd.NA, X.astype(object))
    lacking = np.ma.array(X, mask=hidden) if way == "masked" else objects
    found, expected = (
        bd.fit(linear.model(), rows, y, PriorDraws(), progress=False, missing="indicator")
        for rows in (lacking, np.where(hidden, np.nan, X))
    )
    assert found.feature_names == ("x0", "x1", "x1 missing", "x2")
    np.testing.assert_array_equal(found.training.X_original, expected.training.X_original)
    np.testing.assert_array_equal(found.inputs(lacking), found.inputs(np.where(hidden, np.nan, X)))


def test_an_array_of_text_has_no_missing_numbers() -> None:
    with pytest.raises(TypeError, match="X holds <U1 values, for example 'a': encode them"):
        encoding_of(np.array([["a", "b"]]), "indicator")


@every_frame
@pytest.mark.parametrize("column", ["age", "on", "colour"])
def test_rows_that_all_lack_what_some_training_rows_lacked(make: Any, column: str) -> None:
    values = list(COLUMNS[column])
    values[2] = None
    encoding = encoding_of(make(COLUMNS | {column: values}), "indicator")
    assert encoding is not None
    row = {name: [own[2]] for name, own in COLUMNS.items()} | {column: [None]}
    expected = encoding.encode(make(COLUMNS | {column: values}))[2:3]
    np.testing.assert_array_equal(encoding.encode(make(row)), expected)


def test_an_unknown_way_with_missing_values() -> None:
    X, y = linear.data()
    with pytest.raises(ValueError, match="unknown missing 'indicators'; did you mean 'indicator'"):
        bd.fit(linear.model(), X, y, PriorDraws(), missing="indicators")  # type: ignore[arg-type]

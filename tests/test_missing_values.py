"""What is missing in an array is NaN, however its user says so."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from bayesdrop.data.checks import numbers_in
from bayesdrop.missing import array_of, check_finite, unmasked

HIDES = [True, False]
LACKING: dict[str, Any] = {
    "numbers": np.ma.array([9.0, 1.0], mask=HIDES),
    "whole numbers": np.ma.array([9, 1], mask=HIDES),
    "booleans": np.ma.array([True, True], mask=HIDES),
    "objects": np.array([None, 1], dtype=object),
    "masked objects": np.ma.array(np.array([9, 1], dtype=object), mask=HIDES),
    "a list": [None, 1],
    "pandas": pd.Series([None, 1], dtype="Int64"),
    "pandas, booleans": pd.Series([None, True], dtype="boolean"),
    "polars": pl.Series([None, 1]),
    "polars, booleans": pl.Series([None, True]),
    "pyarrow": pa.chunked_array([[None, 1]]),
}


@pytest.mark.parametrize("values", LACKING.values(), ids=LACKING)
def test_a_number_that_is_missing_is_nan(values: Any) -> None:
    found = array_of(values)
    assert found.dtype == np.float64
    np.testing.assert_array_equal(found, [np.nan, 1.0])
    with pytest.raises(ValueError, match=r"z has 1 missing or infinite value\(s\), .* at \[0\]: d"):
        check_finite(found, "z")


@pytest.mark.parametrize(
    "values",
    [
        np.ma.array(["a", "b"], mask=HIDES),
        [None, "b"],
        [np.nan, "b"],
        pd.Series([None, "b"]),
        pl.Series([None, "b"]),
        pa.chunked_array([[None, "b"]]),
    ],
    ids=["masked", "None", "NaN", "pandas", "polars", "pyarrow"],
)
def test_text_that_is_missing_is_nan_among_objects(values: Any) -> None:
    found = array_of(values)
    assert found.dtype == object
    assert np.isnan(found[0])
    assert found[1] == "b"
    with pytest.raises(ValueError, match=r"z has 1 missing or infinite value\(s\), .* at \[0\]"):
        check_finite(found, "z")


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (np.array([True, False], dtype=object), "b"),
        (np.array([[1, 2], [3, 4]], dtype=object), "i"),
        (np.array([1, 2.5], dtype=object), "f"),
        (np.array([2**70, 1], dtype=object), "f"),
        (np.zeros((0, 2), dtype=object), "f"),
        (pd.DataFrame({"a": [1, 2], "b": [3, 4]}, dtype="Int64"), "i"),
        (np.ma.array([1, 2]), "i"),
    ],
)
def test_objects_that_are_numbers_are_numbers(values: Any, kind: str) -> None:
    found = array_of(values)
    assert type(found) is np.ndarray
    assert found.dtype.kind == kind
    np.testing.assert_array_equal(found, np.asarray(values).astype(float))


def test_rows_that_are_masked_are_one_array() -> None:
    rows = [np.ma.array([1.0, 2.0], mask=HIDES), np.ma.array([3.0, 4.0])]
    np.testing.assert_array_equal(numbers_in(rows, "X"), [[np.nan, 2.0], [3.0, 4.0]])


def test_a_user_s_own_array_stays_as_it_is() -> None:
    masked, objects = np.ma.array([1.0, 2.0], mask=HIDES), np.array([None, "a"], dtype=object)
    array_of(masked), array_of(objects)
    assert masked.data[0] == 1.0
    assert objects[0] is None
    frame = pd.DataFrame({"a": [1]})
    assert unmasked(frame) is frame
    assert unmasked(None) is None

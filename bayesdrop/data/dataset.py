"""A dataset and one of its train/test splits: read-only arrays and their names."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bayesdrop.data.checks import numbers_in
from bayesdrop.data.splits import Splitter, standard_split


@dataclass(frozen=True, eq=False)
class Split:
    """A split has the rows to train on and those to test on; every array is read-only.

    Attributes
    ----------
    X_train, X_test
        Features, (n_train, *shape of a row) and (n_test, *shape of a row), in original units.
    y_train, y_test
        Targets, (n_train,) and (n_test,), in original units.
    train_index, test_index
        The rows of the dataset they are, (n_train,) and (n_test,), in the order drawn.
    n_splits
        How many splits the dataset has.
    """

    X_train: NDArray[np.float64]
    y_train: NDArray[np.float64]
    X_test: NDArray[np.float64]
    y_test: NDArray[np.float64]
    train_index: NDArray[np.int64]
    test_index: NDArray[np.int64]
    n_splits: int

    def __post_init__(self) -> None:
        for array in (self.X_train, self.y_train, self.X_test, self.y_test):
            array.setflags(write=False)
        self.train_index.setflags(write=False)
        self.test_index.setflags(write=False)


@dataclass(frozen=True, eq=False)
class Dataset:
    """A data set has the features and one target of n rows, with their names and splits.

    Parameters
    ----------
    name
        What the dataset is called in commands and tables.
    X
        Features, in original units: a table (n, features), sequences (n, time, features) or images
        (n, height, width, channels). It is kept as a read-only float64 copy.
    y
        Target, (n,), in original units; kept as a read-only float64 copy. Classes are numbers
        from 0.
    feature_names
        One name per feature or channel, which are the last axis of ``X``.
    target_name
        What ``y`` is, with its unit.
    n_splits
        How many splits there are.
    sha256
        Hex digest that identifies the data; by default that of the bytes of ``X`` and ``y``.
    splitter
        How the rows are split (see :mod:`bayesdrop.data.splits`).
    shift
        What is done to the features of test rows, such as a rotation: test data that are unlike
        the training data. It counts in the digest. Default ``None``: nothing.
    licence
        The licence of the data, such as ``"CC BY 4.0"``. Default ``""``: it is not known.

    Raises
    ------
    ValueError
        The shapes do not fit together, or a number is not finite.
    """

    name: str
    X: NDArray[np.float64]
    y: NDArray[np.float64]
    feature_names: tuple[str, ...]
    target_name: str
    n_splits: int = 20
    sha256: str = ""
    splitter: Splitter = standard_split
    shift: Callable[[NDArray[np.float64]], NDArray[np.float64]] | None = None
    licence: str = ""

    def __post_init__(self) -> None:
        X, y = _frozen(self.X, "X"), _frozen(self.y, "y")
        names = tuple(self.feature_names)
        if not 2 <= X.ndim <= 4 or y.shape != X.shape[:1] or len(names) != X.shape[-1]:
            raise ValueError(
                f"{self.name}: X of shape {X.shape}, y of shape {y.shape} and {len(names)} feature "
                "names do not fit together; they must be (n, …, d), (n,) and d names"
            )
        if not (np.isfinite(X).all() and np.isfinite(y).all()):
            raise ValueError(f"{self.name}: X and y must be finite numbers")
        shifted = b"" if self.shift is None else self.shift(X).tobytes()
        sha256 = self.sha256 or hashlib.sha256(X.tobytes() + y.tobytes() + shifted).hexdigest()
        fields = {"X": X, "y": y, "feature_names": names, "sha256": sha256}
        for field, value in fields.items():
            object.__setattr__(self, field, value)

    def split(self, k: int) -> Split:
        """Return split ``k``: its rows to train on and its rows to test on.

        Raises
        ------
        IndexError
            ``k`` is not in ``range(n_splits)``.
        """
        if not 0 <= k < self.n_splits:
            raise IndexError(f"{self.name} has splits 0 to {self.n_splits - 1}, not {k}")
        train, test = self.splitter(self.y, k)
        X, y = self.X, self.y
        X_test = X[test] if self.shift is None else self.shift(X[test])
        return Split(X[train], y[train], X_test, y[test], train, test, self.n_splits)

    def inner(self, k: int) -> Dataset:
        """Return the training rows of split ``k`` as a data set, which is split in the same way.

        Settings that are chosen on it have not seen the test rows of split ``k``, as in nested
        cross-validation. They have seen test rows of other splits.

        Raises
        ------
        IndexError
            ``k`` is not in ``range(n_splits)``.
        """
        rows = self.split(k)
        return Dataset(
            f"{self.name}_inner_{k}",
            rows.X_train,
            rows.y_train,
            self.feature_names,
            self.target_name,
            self.n_splits,
            splitter=self.splitter,
            shift=self.shift,
            licence=self.licence,
        )


def _frozen(values: ArrayLike, name: str) -> NDArray[np.float64]:
    array = numbers_in(values, name).astype("<f8")
    array.setflags(write=False)
    return array

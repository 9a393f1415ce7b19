"""Differences of two rows, paired over splits, and the corrected resampled t-test."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from bayesdrop.benchmark.stats.summary import summary

if TYPE_CHECKING:
    import pandas as pd


class PairedTest(NamedTuple):
    """This holds the mean of n differences, its corrected standard error, and a t-test of mean 0.

    ``t`` has n − 1 degrees of freedom, ``p`` is two-sided, ``low`` and ``high`` bound the
    confidence interval. ``detectable`` is the minimum detectable difference: a true difference of
    that size is found in four of five such experiments. All but the first two are NaN for n = 1.
    """

    n: int
    difference: float
    std: float
    corrected_se: float
    t: float
    p: float
    low: float
    high: float
    detectable: float


def variance_of_the_mean(num_splits: int, test_over_train: float) -> float:
    """Return the variance of a mean over random splits, where that of one split is 1.

    Random splits share training data, so it is 1/J + n_test/n_train for J splits, and not 1/J
    (Nadeau & Bengio 2003, Machine Learning 52, 239-281).

    Parameters
    ----------
    num_splits
        The number of splits J.
    test_over_train
        The ratio n_test / n_train.
    """
    return 1 / num_splits + test_over_train


def corrected_t_test(
    differences: Sequence[float], test_over_train: float, level: float = 0.95
) -> PairedTest:
    """Make the corrected resampled t-test of Nadeau & Bengio (2003, Machine Learning 52, 239-281).

    The variance of the mean difference is that of one difference times
    :func:`variance_of_the_mean`. The minimum detectable difference is of this test at a power of
    80 %, where the differences are normal with the standard deviation that was seen.

    Parameters
    ----------
    differences
        One difference per split.
    test_over_train
        The ratio n_test / n_train.
    level
        The level of the confidence interval. Default 0.95.
    """
    from scipy.stats import t as student

    if not 0 < level < 1:
        raise ValueError(f"level must lie strictly between 0 and 1, not {level}")
    n, mean, std, _ = summary(differences)
    if n == 1:
        return PairedTest(n, mean, *[math.nan] * 7)
    se = std * math.sqrt(variance_of_the_mean(n, test_over_train))
    t = mean / se if se else math.copysign(math.inf, mean) if mean else 0.0
    p = 2 * float(student.sf(abs(t), n - 1))
    half = float(student.ppf((1 + level) / 2, n - 1)) * se
    detectable = se * _noncentrality(n - 1, level)
    return PairedTest(n, mean, std, se, t, p, mean - half, mean + half, detectable)


@cache
def _noncentrality(degrees: int, level: float, power: float = 0.8) -> float:
    """How many standard errors a mean lies from 0 if a t-test finds its sign with that power."""
    from scipy.optimize import brentq
    from scipy.stats import chi, norm
    from scipy.stats import t as student

    critical = float(student.ppf((1 + level) / 2, degrees))
    estimated = chi(degrees, scale=degrees**-0.5)  # the standard error, in units of the true one

    def excess(distance: float) -> float:
        found = estimated.expect(lambda se: norm.cdf(distance - critical * se))
        return float(found) - power  # type: ignore[arg-type]

    return brentq(excess, 0.0, 4 * critical)  # type: ignore[return-value]


def paired_differences(table: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Make a :func:`corrected_t_test` of every two rows of a dataset, over splits both have.

    Parameters
    ----------
    table
        What :func:`bayesdrop.benchmark.stats.long_table.long_table` returns.
    metric
        The name of a metric, for example ``"rmse"``.

    Returns
    -------
    DataFrame
        Columns ``dataset, metric, a, b``, the difference being a − b, and those of
        :class:`PairedTest`.
    """
    import pandas as pd

    scored: pd.DataFrame = table.query("status == 'ok' and metric == @metric")
    found = []
    for dataset, cells in scored.groupby("dataset", sort=False):
        ratio = cells["n_test"].iloc[-1] / cells["n_train"].iloc[-1]
        scores = cells.pivot(index="split", columns="row", values="value")
        for a, b in itertools.combinations(cells["row"].unique(), 2):
            differences = (scores[a] - scores[b]).dropna()
            if len(differences):
                test = corrected_t_test(differences.tolist(), ratio)
                found.append((dataset, metric, a, b, *test))
    return pd.DataFrame(found, columns=["dataset", "metric", "a", "b", *PairedTest._fields])

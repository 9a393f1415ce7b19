"""Average ranks across data sets, with Friedman's and Nemenyi's tests."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from bayesdrop.benchmark.stats.comparable import comparable_means
from bayesdrop.benchmark.stats.overview import Line

if TYPE_CHECKING:
    import pandas as pd

_FEWEST_DATASETS = 3
_LEVEL = 0.95  # of Nemenyi's test


class Ranks(NamedTuple):
    """These are ranks of rows over data sets, and what they rest on.

    Attributes
    ----------
    scores, ranks
        Tables with a line per data set and a column per row: means over splits, and ranks from 1
        (the lowest mean; ties share the mean of their ranks).
    friedman_p
        p of the Friedman test that all rows are alike, by permutation within data sets. It is
        exact where these are few enough to try all; else 9,999 are drawn, and p is at least 1e-4.
    critical_difference
        The critical difference of average ranks, at 5 % (Nemenyi's test; Demšar 2006, JMLR 7,
        1-30). It and ``friedman_p`` are for three rows or more, and NaN for two.
    left_out
        Rows that have not run on all splits of these data sets.
    datasets_left_out
        Data sets on which not all of these rows have run.
    """

    scores: pd.DataFrame
    ranks: pd.DataFrame
    friedman_p: float
    critical_difference: float
    left_out: tuple[str, ...]
    datasets_left_out: tuple[str, ...]

    @property
    def are_tested(self) -> bool:
        """Say whether there are enough rows for Friedman's and Nemenyi's tests."""
        return len(self.scores.columns) > 2


def average_ranks(lines: Mapping[str, Sequence[Line]], metric: str) -> Ranks | None:
    """Rank the rows that have every split, over the data sets where they all have.

    Every split is all on which any row ran. A row that lacks data sets is left out, or the data
    sets are, whichever leaves more of the table, rows times data sets; at least three remain.

    Parameters
    ----------
    lines
        What :func:`bayesdrop.benchmark.stats.overview.overview` returns.
    metric
        The name of a metric of which lower is better, for example ``"nll"``.

    Returns
    -------
    ranks
        ``None`` if no two rows have three data sets in common.
    """
    import pandas as pd
    from scipy.stats import rankdata, studentized_range

    scores = _complete_means(lines, metric)
    common = _largest_part(scores)
    if common is None:
        return None
    ranks = rankdata(common.to_numpy(), axis=1)
    n, k = ranks.shape
    friedman_p = critical_difference = math.nan
    if k > 2:
        friedman_p = _friedman_p(ranks)
        nemenyi = float(studentized_range.ppf(_LEVEL, k, np.inf)) / math.sqrt(2)
        critical_difference = nemenyi * math.sqrt(k * (k + 1) / (6 * n))
    return Ranks(
        scores=common,
        ranks=pd.DataFrame(ranks, common.index, common.columns),
        friedman_p=friedman_p,
        critical_difference=critical_difference,
        left_out=tuple(row for row in scores if row not in common),
        datasets_left_out=tuple(name for name in scores.index if name not in common.index),
    )


def _friedman_p(ranks: np.ndarray) -> float:
    """Friedman's statistic grows with the squares of the rank sums, so these are permuted.

    Its χ² approximation is too conservative for a handful of data sets.
    """
    from scipy.stats import permutation_test

    def squares(*rows: np.ndarray, axis: int) -> np.ndarray:
        return np.sum([row.sum(axis=axis) ** 2 for row in rows], axis=0)

    test = permutation_test(
        tuple(ranks.T),
        squares,
        permutation_type="samples",
        alternative="greater",
        vectorized=True,
        rng=0,
    )
    return float(test.pvalue)


def _largest_part(scores: pd.DataFrame) -> pd.DataFrame | None:
    """The rows and the data sets that have no gap between them, most numbers in all.

    The data sets of the largest part are those that some of the rows have in common, so those are
    all that need be tried; of equal parts the one of more data sets is taken.
    """
    common: set[tuple[str, ...]] = set()
    for there in scores.notna().to_dict().values():
        own = tuple(name for name, is_there in there.items() if is_there)
        common |= {own} | {tuple(name for name in own if name in other) for other in common}
    parts = [scores.loc[list(names)].dropna(axis=1) for names in sorted(common)]
    enough = [part for part in parts if len(part) >= _FEWEST_DATASETS and part.shape[1] > 1]
    return max(enough, key=lambda part: (part.size, len(part)), default=None)


def _complete_means(lines: Mapping[str, Sequence[Line]], metric: str) -> pd.DataFrame:
    """Data sets × rows: means over splits, NaN where a split is missing."""
    import pandas as pd

    means = {
        dataset: {group[k].row: mean for k, mean in comparable_means(group, metric).items()}
        for dataset, group in lines.items()
    }
    rows = dict.fromkeys(line.row for g in lines.values() for line in g if not line.earlier)
    return pd.DataFrame(means, index=list(rows), dtype=float).T

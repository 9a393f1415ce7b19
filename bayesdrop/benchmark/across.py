"""Statistics across data sets: average ranks, and how probably one row is better than another."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

ROPE = {"rmse": 0.01, "nll": 0.01}
"""Half the width of the region of practical equivalence: 1 % of RMSE, .01 nats per row of NLL."""

_DRAWS = 10_000
_FEWEST_DATASETS = 3
_LEVEL = 0.95  # of Nemenyi's test


class Ranks(NamedTuple):
    """Of rows over data sets, and what they rest on.

    Attributes
    ----------
    scores, ranks
        Index data sets, columns rows: means over splits, and ranks from 1 (the lowest mean; ties
        share the mean of their ranks).
    friedman_p
        Of the Friedman test that all rows are alike; NaN for fewer than 3 rows.
    critical_difference
        Of average ranks, at 5 % (Nemenyi's test; Demšar 2006, JMLR 7, 1-30).
    left_out
        Rows that have not run on all splits of these data sets.
    """

    scores: pd.DataFrame
    ranks: pd.DataFrame
    friedman_p: float
    critical_difference: float
    left_out: tuple[str, ...]


def average_ranks(table: pd.DataFrame, metric: str, splits: Mapping[str, int]) -> Ranks | None:
    """Ranks of the rows that have every split, over the data sets where they all have.

    A row that lacks data sets is left out, or the data sets are, whichever leaves more of the
    table, rows times data sets; at least three data sets remain.

    Parameters
    ----------
    table
        From :func:`bayesdrop.benchmark.table.long_table`.
    metric
        Of which lower is better, for example ``"nll"``.
    splits
        Data set → how many splits are all.

    Returns
    -------
    ranks
        ``None`` if no two rows have three data sets in common.
    """
    import pandas as pd
    from scipy.stats import friedmanchisquare, rankdata, studentized_range

    scores = _complete_means(table, metric, splits)
    common = _largest_part(scores)
    if common is None:
        return None
    values = common.to_numpy()
    n, k = values.shape
    nemenyi = float(studentized_range.ppf(_LEVEL, k, np.inf)) / math.sqrt(2)
    return Ranks(
        scores=common,
        ranks=pd.DataFrame(rankdata(values, axis=1), common.index, common.columns),
        friedman_p=float(friedmanchisquare(*values.T).pvalue) if k > 2 else math.nan,
        critical_difference=nemenyi * math.sqrt(k * (k + 1) / (6 * n)),
        left_out=tuple(row for row in scores if row not in common),
    )


def _largest_part(scores: pd.DataFrame) -> pd.DataFrame | None:
    """The rows and the data sets that have no gap between them, most numbers in all."""
    gaps = scores.isna().sum()
    order = sorted(scores, key=lambda row: gaps[row])
    parts = [scores[order[:count]].dropna() for count in range(len(order), 1, -1)]
    enough = [part for part in parts if len(part) >= _FEWEST_DATASETS]
    if not enough:
        return None
    largest = max(enough, key=lambda part: part.size)
    return scores.loc[largest.index, [row for row in scores if row in largest]]


def _complete_means(table: pd.DataFrame, metric: str, splits: Mapping[str, int]) -> pd.DataFrame:
    """Data sets × rows: means over splits, NaN where a split is missing."""
    import pandas as pd

    values: dict[str, dict[str, list[float]]] = {row: {} for row in table["row"]}
    for line in table.to_dict("records"):
        if line["status"] == "ok" and line["metric"] == metric:
            values[line["row"]].setdefault(line["dataset"], []).append(line["value"])
    means = {
        row: {name: math.fsum(v) / len(v) for name, v in of.items() if len(v) == splits[name]}
        for row, of in values.items()
    }
    return pd.DataFrame(means, index=list(splits), dtype=float)


def signed_rank(scores: pd.DataFrame, metric: str, seed: int = 0) -> pd.DataFrame:
    """The Bayesian signed-rank test of every two rows over data sets.

    Benavoli, Corani, Demšar & Zaffalon (2017), "Time for a change", JMLR 18(77), 1-36; called from
    baycomp. RMSE is compared by its logarithm, so that data sets of any units count alike.

    Parameters
    ----------
    scores
        Of :class:`Ranks`.
    metric
        ``"rmse"`` or ``"nll"``, whose region of practical equivalence is :data:`ROPE`.
    seed
        Of the test's Monte Carlo draws. Default 0.

    Returns
    -------
    DataFrame
        Columns ``metric, a, b, datasets, rope``, and the probabilities ``a_lower, equivalent,
        b_lower``.
    """
    import pandas as pd
    from baycomp import SignedRankTest

    compared = {
        row: np.log(values) if metric == "rmse" else values
        for row, values in zip(scores.columns, scores.to_numpy().T, strict=True)
    }
    found = []
    for a, b in itertools.combinations(compared, 2):
        # baycomp takes higher scores for better: its left is where the first is higher
        b_lower, equivalent, a_lower = SignedRankTest.probs(
            compared[a],
            compared[b],
            ROPE[metric],  # type: ignore[arg-type]
            nsamples=_DRAWS,
            random_state=seed,
        )
        found.append((metric, a, b, len(scores), ROPE[metric], a_lower, equivalent, b_lower))
    names = ["metric", "a", "b", "datasets", "rope", "a_lower", "equivalent", "b_lower"]
    return pd.DataFrame(found, columns=names)

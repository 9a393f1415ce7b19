"""The Bayesian signed-rank test: how probably one row is better than another across data sets."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np

from bayesdrop.benchmark.metrics import METRICS

if TYPE_CHECKING:
    import pandas as pd

_DRAWS = 10_000


def signed_rank(scores: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Make the Bayesian signed-rank test of every two rows over data sets.

    Benavoli, Corani, Demšar & Zaffalon (2017), "Time for a change", JMLR 18(77), 1-36; baycomp
    computes it. RMSE is compared by its logarithm, so that data sets of any units count alike.

    Parameters
    ----------
    scores
        The scores of :class:`~bayesdrop.benchmark.stats.ranks.Ranks`.
    metric
        ``"rmse"`` or ``"nll"``; :data:`~bayesdrop.benchmark.metrics.METRICS` has its region of
        practical equivalence, 1 % of RMSE and .01 nats of NLL per test point.

    Returns
    -------
    DataFrame
        Columns ``metric, a, b, datasets, rope``, and ``a_lower, equivalent, b_lower``: the
        posterior probability that this is the likeliest of the three outcomes on a data set.
    """
    import pandas as pd
    from baycomp import SignedRankTest

    compared = {
        row: np.log(values) if metric == "rmse" else values
        for row, values in zip(scores.columns, scores.to_numpy().T, strict=True)
    }
    found, rope = [], METRICS[metric].rope
    for a, b in itertools.combinations(compared, 2):
        # baycomp takes higher scores for better: its left is where the first is higher
        b_lower, equivalent, a_lower = SignedRankTest.probs(
            compared[a],
            compared[b],
            rope,  # type: ignore[arg-type]
            nsamples=_DRAWS,
            random_state=0,
        )
        found.append((metric, a, b, len(scores), rope, a_lower, equivalent, b_lower))
    names = ["metric", "a", "b", "datasets", "rope", "a_lower", "equivalent", "b_lower"]
    return pd.DataFrame(found, columns=names)

"""Statistics over splits: mean, standard deviation, standard error, and paired differences."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def summarize(table: pd.DataFrame) -> pd.DataFrame:
    """Mean, standard deviation and standard error over splits of every metric.

    Parameters
    ----------
    table
        From :func:`bayesdrop.benchmark.table.long_table`.

    Returns
    -------
    DataFrame
        Columns ``dataset, model, method, row, metric``; ``n``, the number of splits; ``mean``;
        ``std``, with n − 1 in the denominator, and ``se`` = std / √n, both missing where n is 1.
        The standard error takes splits as independent, which they are not, as they share training
        rows: compare rows by :func:`paired_differences`.
    """
    by = ["dataset", "model", "method", "row", "metric"]
    scored = table[table["status"] == "ok"].astype({"value": float})
    summary = (
        scored.groupby(by, sort=False)["value"].agg(n="count", mean="mean", std="std").reset_index()
    )
    return summary.assign(se=summary["std"] / summary["n"] ** 0.5)


def paired_differences(table: pd.DataFrame, metric: str, level: float = 0.95) -> pd.DataFrame:
    """Differences of a metric between every two rows of a dataset, over the splits both have.

    The corrected resampled t-test of Nadeau & Bengio (2003, Machine Learning 52, 239-281): random
    splits share training rows, so the variance of the mean difference over J splits is taken as
    (1/J + n_test/n_train) s² and not s²/J.

    Parameters
    ----------
    table
        From :func:`bayesdrop.benchmark.table.long_table`.
    metric
        For example ``"rmse"``.
    level
        Of the confidence interval. Default 0.95.

    Returns
    -------
    DataFrame
        Columns ``dataset, metric, a, b`` (rows of a report); ``n``, the number of common splits;
        ``difference``, the mean of a − b; ``std``; ``corrected_se``; ``t``, with n − 1 degrees of
        freedom; ``p``, two-sided; ``low`` and ``high``. All but the difference are missing
        where n is 1.
    """
    import pandas as pd

    if not 0 < level < 1:
        raise ValueError(f"level must lie strictly between 0 and 1, not {level}")
    scored = table[(table["status"] == "ok") & (table["metric"] == metric)]
    found = []
    for dataset, group in scored.groupby("dataset", sort=False):
        ratio = float((group["n_test"] / group["n_train"]).astype(float).mean())
        values = group.pivot(index="split", columns="row", values="value").astype(float)
        for a, b in itertools.combinations(group["row"].unique(), 2):
            differences = (values[a] - values[b]).dropna().tolist()
            if differences:
                statistics = _corrected_t(differences, ratio, level)
                found.append({"dataset": dataset, "metric": metric, "a": a, "b": b, **statistics})
    columns = ["dataset", "metric", "a", "b", *_corrected_t([0.0], 1.0, level)]
    return pd.DataFrame(found, columns=columns)


def _corrected_t(
    differences: list[float], test_over_train: float, level: float
) -> dict[str, float]:
    from scipy.stats import t as student

    n = len(differences)
    mean = math.fsum(differences) / n
    missing = dict.fromkeys(("std", "corrected_se", "t", "p", "low", "high"), math.nan)
    if n == 1:
        return {"n": n, "difference": mean, **missing}
    std = math.sqrt(math.fsum((d - mean) ** 2 for d in differences) / (n - 1))
    se = std * math.sqrt(1 / n + test_over_train)
    t = mean / se if se else math.copysign(math.inf, mean) if mean else 0.0
    half = float(student.ppf((1 + level) / 2, n - 1)) * se
    return {
        "n": n,
        "difference": mean,
        "std": std,
        "corrected_se": se,
        "t": t,
        "p": float(2 * student.sf(abs(t), n - 1)),
        "low": mean - half,
        "high": mean + half,
    }

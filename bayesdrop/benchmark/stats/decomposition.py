"""How much of the differences of scores is the model's, and how much the inference's."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bayesdrop.benchmark.stats.paired_tests import variance_of_the_mean

if TYPE_CHECKING:
    import pandas as pd


class Decomposition(NamedTuple):
    """A two-way analysis of variance of one score on one data set, over the same splits.

    A score is a sum: overall mean, split, model, method, their interaction, error. Each effect sums
    to 0 over its models and methods. The size of an effect is its root mean square over models and
    methods, in the score's unit.

    Attributes
    ----------
    models, methods
        Those of which every pair ran on every split used.
    splits
        The number of those splits.
    mean
        (models, methods): the mean score of each pair.
    model, method, together
        The sizes of the three effects; ``together`` is the interaction.
    by_chance
        The sizes that they would have if nothing but chance told the pairs apart. They follow from
        the errors' variance, corrected as in :func:`variance_of_the_mean`, since splits
        share training rows.
    """

    models: tuple[str, ...]
    methods: tuple[str, ...]
    splits: int
    mean: NDArray[np.float64]
    model: float
    method: float
    together: float
    by_chance: tuple[float, float, float]


def decompose(
    scores: NDArray[np.float64],
    models: tuple[str, ...],
    methods: tuple[str, ...],
    test_over_train: float,
) -> Decomposition:
    """Decompose scores (models, methods, splits), of two models, methods and splits at least.

    Splits are blocks (Montgomery, 2017, "Design and Analysis of Experiments", §5.6): what is hard
    on one split is hard for all. ``test_over_train`` is the ratio n_test / n_train.
    """
    m, a, s = scores.shape
    mean = scores.mean(2)
    grand = mean.mean()
    of_model = mean.mean(1) - grand
    of_method = mean.mean(0) - grand
    together = mean - grand - of_model[:, None] - of_method
    left = scores - mean[..., None] - (scores.mean((0, 1)) - grand)
    variance = float((left**2).sum()) / ((m * a - 1) * (s - 1))
    freedoms = np.array([m - 1, a - 1, (m - 1) * (a - 1)])
    chance = np.sqrt(variance * variance_of_the_mean(s, test_over_train) * freedoms / (m * a))
    return Decomposition(
        models,
        methods,
        splits=s,
        mean=mean,
        model=_size(of_model),
        method=_size(of_method),
        together=_size(together),
        by_chance=(float(chance[0]), float(chance[1]), float(chance[2])),
    )


def _size(effect: NDArray[np.float64]) -> float:
    """Return its root mean square."""
    return float(np.sqrt(np.mean(effect**2)))


def decompositions(table: pd.DataFrame, metric: str) -> dict[str, Decomposition]:
    """Decompose a metric on every data set that has two models by two methods or more.

    Parameters
    ----------
    table
        What :func:`bayesdrop.benchmark.stats.long_table.long_table` returns.
    metric
        The name of a metric, for example ``"nll"``.

    Returns
    -------
    dict
        Data set → decomposition. Models and methods are left out, the one with most gaps first,
        until every pair of the others ran; the splits are those that all of these pairs have.
    """
    found = {}
    own = table.query("metric == @metric and not earlier")
    for dataset, here in own.groupby("dataset", sort=False):
        cells = here.pivot_table("value", ["model", "method"], "split")
        ran = cells.notna().any(axis=1).unstack(fill_value=False)
        while not ran.to_numpy().all():
            gaps = [(~ran).mean(axis=1), (~ran).mean(axis=0)]
            axis = int(gaps[1].max() > gaps[0].max())
            ran = ran.drop(gaps[axis].idxmax(), axis=axis)
        models, methods = tuple(ran.index), tuple(ran.columns)
        block = cells.loc[[(m, a) for m in models for a in methods]].dropna(axis=1)
        if min(len(models), len(methods), block.shape[1]) >= 2:
            scores = block.to_numpy(np.float64).reshape(len(models), len(methods), -1)
            ratio = here["n_test"].iloc[-1] / here["n_train"].iloc[-1]
            found[str(dataset)] = decompose(scores, models, methods, ratio)
    return found

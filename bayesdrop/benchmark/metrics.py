"""What reports make of each metric: its title, which way is better, where it is shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from bayesdrop.benchmark.report.numbers import number, percent, plus_minus
from bayesdrop.benchmark.stats.paired_tests import Summary


def _mean(score: Summary) -> str:
    return number(score.mean)


def _mean_percent(score: Summary) -> str:
    return percent(score.mean)


class Metric(NamedTuple):
    """Of those that :func:`bayesdrop.evaluate` computes.

    Attributes
    ----------
    title
        Head of its column.
    shown
        Its summary over splits as a text.
    better
        ``min`` or ``max``, by which of two means is better; ``None`` where neither is.
    axis
        Label of its axis in the picture of a data set; empty: it is in no picture and no log line.
    with_std
        Whether its standard deviation over splits has a column.
    is_paired
        Whether rows are compared by their differences on the same splits.
    rope
        Half the width of the region of practical equivalence, of RMSE relative; ``None``: rows are
        not ranked by it across data sets.
    """

    title: str
    shown: Callable[[Summary], str] = _mean
    better: Callable[..., Any] | None = None
    axis: str = ""
    with_std: bool = False
    is_paired: bool = False
    rope: float | None = None


METRICS = {
    "rmse": Metric(
        "RMSE",
        plus_minus,
        better=min,
        axis="RMSE (target's units), lower is better",
        with_std=True,
        is_paired=True,
        rope=0.01,
    ),
    "accuracy": Metric(
        "accuracy",
        plus_minus,
        better=max,
        axis="accuracy, higher is better",
        is_paired=True,
    ),
    "nll": Metric(
        "NLL",
        plus_minus,
        better=min,
        axis="NLL (nats per row), lower is better",
        with_std=True,
        is_paired=True,
        rope=0.01,
    ),
    "crps": Metric("CRPS", better=min, is_paired=True),
    "mae": Metric("MAE", better=min),
    "mae_per_draw": Metric("MAE per draw"),
    "coverage_90": Metric("cover 90 %", _mean_percent),
    "brier": Metric("Brier", better=min, is_paired=True),
    "expected_calibration_error": Metric("ECE"),
}
"""Name → what is made of it, in the order of the columns."""

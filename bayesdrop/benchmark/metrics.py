"""The metrics that reports show: their titles, which way is better, how they are compared."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

Shown = Literal["mean ± se", "mean", "percent"]


class Metric(NamedTuple):
    """This says how reports treat one of the metrics of :func:`bayesdrop.evaluate`.

    Attributes
    ----------
    title
        The head of its column.
    shown_as
        How its summary over splits is printed.
    better
        ``min`` or ``max``, by which of two means is better; ``None`` where neither is.
    axis
        The label of its axis in the picture of a data set. If it is empty, the metric is in no
        picture and no log line.
    with_std
        If true, its standard deviation over splits has a column.
    is_paired
        If true, rows are compared by their differences on the same splits.
    rope
        Half the width of the region of practical equivalence, relative for RMSE. If it is ``None``,
        rows are not ranked by this metric across data sets.
    """

    title: str
    shown_as: Shown = "mean"
    better: Callable[..., Any] | None = None
    axis: str = ""
    with_std: bool = False
    is_paired: bool = False
    rope: float | None = None


METRICS = {
    "rmse": Metric(
        "RMSE",
        "mean ± se",
        better=min,
        axis="RMSE (target's units), lower is better",
        with_std=True,
        is_paired=True,
        rope=0.01,
    ),
    "accuracy": Metric(
        "accuracy",
        "mean ± se",
        better=max,
        axis="accuracy, higher is better",
        is_paired=True,
    ),
    "nll": Metric(
        "NLL",
        "mean ± se",
        better=min,
        axis="NLL (nats per row), lower is better",
        with_std=True,
        is_paired=True,
        rope=0.01,
    ),
    "crps": Metric("CRPS", better=min, is_paired=True),
    "mae": Metric("MAE", better=min),
    "mae_per_draw": Metric("MAE per draw"),
    "coverage_90": Metric("cover 90 %", "percent"),
    "brier": Metric("Brier", better=min, is_paired=True),
    "ece": Metric("ECE"),
    "adaptive_ece": Metric("adaptive ECE"),
}
"""Every metric by its name, in the order of the columns."""

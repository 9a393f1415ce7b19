"""A picture of how much better predictions get when the uncertain ones are handed on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from numpy.typing import ArrayLike

from bayesdrop.metrics import aurc, risk_coverage_curve
from bayesdrop.posterior.prediction.predictive import Predictive
from bayesdrop.show.style import line_style, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def risk_coverage(
    predictions: Mapping[str, Predictive],
    y: ArrayLike,
    uncertainty: Mapping[str, ArrayLike] | None = None,
) -> Figure:
    """Draw the risk of the most certain share of the predictions, for every share (coverage).

    The risk is the error rate of classes or the mean squared error of numbers, as in
    :mod:`bayesdrop.metrics.selective`. The legend has the area under each curve.

    Parameters
    ----------
    predictions
        Label → prediction of the same rows.
    y
        What was observed.
    uncertainty
        Label → what ranks the rows of that prediction. Default ``None``: as in
        :func:`bayesdrop.metrics.risk_coverage_curve`, which labels that are absent have too.

    Returns
    -------
    figure
        A matplotlib figure; ``figure.savefig(path)`` writes it.
    """
    figure = new_figure(5.6, 4.2)
    axes: Any = figure.subplots()
    classes = True
    for index, (name, pred) in enumerate(predictions.items()):
        given = (uncertainty or {}).get(name)
        curve = risk_coverage_curve(pred, y, given)
        label = f"{name}: AURC {aurc(pred, y, given):.3g}"
        axes.plot(curve.coverage, curve.risk, label=label, **line_style(index))
        classes = classes and pred.kind == "class"
    axes.set(xlim=(0, 1), xlabel="coverage: share of rows that is kept, the most certain first")
    axes.set_ylabel("risk: error rate" if classes else "risk: mean squared error")
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False)
    axes.grid(color="0.93")
    axes.spines[["top", "right"]].set_visible(False)
    figure.suptitle("Risk and coverage", fontsize=11)
    return figure

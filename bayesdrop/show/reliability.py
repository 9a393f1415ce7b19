"""A picture of how far the probabilities of classes can be trusted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from bayesdrop.metrics import ece, reliability_curve
from bayesdrop.posterior.prediction.predictive import Predictive
from bayesdrop.show.style import line_style, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def reliability(predictions: Mapping[str, Predictive], y: ArrayLike, bins: int = 15) -> Figure:
    """Draw accuracy against confidence, and below it how many predictions each bin has.

    A calibrated prediction lies on the diagonal. One below it is overconfident (DeGroot & Fienberg
    1983; Guo et al. 2017).

    Parameters
    ----------
    predictions
        Label → prediction of the same rows, of a Bernoulli or categorical likelihood.
    y
        The observed classes, of the shape of ``predicted_class``.
    bins
        Equal intervals of confidence. Default 15.

    Returns
    -------
    figure
        A matplotlib figure; ``figure.savefig(path)`` writes it.

    Raises
    ------
    TypeError
        A prediction of something else than classes.
    """
    figure = new_figure(5.4, 6.2)
    panels: Any = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    panels[0].plot([0, 1], [0, 1], color="0.6", linewidth=1, label="calibrated")
    lowest = 1.0
    for index, (name, prediction) in enumerate(predictions.items()):
        curve = reliability_curve(prediction, y, bins)
        error = ece(prediction, y, bins)
        style = line_style(index)
        panels[0].plot(
            curve.confidence, curve.accuracy, "o", label=f"{name}: ECE {error:.3f}", **style
        )
        panels[1].plot(curve.confidence, curve.count, "o", **style)
        lowest = min(lowest, float(curve.confidence.min()), float(curve.accuracy.min()))
    low = np.floor(10 * lowest) / 10
    panels[0].set(xlim=(low, 1.02), ylim=(low, 1.02), ylabel="accuracy in the bin")
    panels[0].legend(frameon=False)
    panels[1].set(xlabel="confidence: probability of the predicted class", ylabel="predictions")
    panels[1].set_yscale("log")
    for axes in panels:
        axes.grid(color="0.93")
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
    figure.suptitle("Reliability of class probabilities", fontsize=11)
    return figure

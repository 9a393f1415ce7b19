"""A picture of predictions along one input."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from bayesdrop.posterior.prediction.predictive import Predictive
from bayesdrop.show.style import OKABE_ITO, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_COLUMNS = 3


def bands(
    x: ArrayLike,
    predictions: Mapping[str, Predictive],
    x_train: ArrayLike | None = None,
    y_train: ArrayLike | None = None,
    deviations: float = 2.0,
) -> Figure:
    """Draw the predictive mean along one input, with what is uncertain about f(x) and about y.

    The dark band is of the mean over draws, ± ``deviations`` epistemic standard deviations. The
    light one is of the target, ± as many standard deviations of the prediction. Every prediction
    has a panel, and panels share their limits.

    Parameters
    ----------
    x
        The input, (rows,), rising.
    predictions
        Label → prediction of one numeric output at ``x``; at least one.
    x_train, y_train
        Training rows to show as points. Default ``None``: none.
    deviations
        Half the width of the bands in standard deviations. Default 2.

    Returns
    -------
    figure
        A matplotlib figure; ``figure.savefig(path)`` writes it.

    Raises
    ------
    ValueError
        There is no prediction, or one has other rows than ``x`` or several outputs.
    """
    at = np.ravel(np.asarray(x, dtype=np.float64))
    if not predictions:
        raise ValueError("there are no predictions to show")
    for name, pred in predictions.items():
        if pred.mean.shape != at.shape:
            raise ValueError(
                f"{name!r} predicts {pred.mean.shape}, and x has shape {at.shape}: give a "
                "prediction of one number for each x"
            )
    rows = -(-len(predictions) // _COLUMNS)
    columns = -(-len(predictions) // rows)
    figure = new_figure(max(3.4 * columns, 5.0), 2.8 * rows + 0.4)
    panels: Any = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    for axes, (name, pred) in zip(panels.flat, predictions.items(), strict=False):
        for part, shade, label in (
            (pred.std, 0.18, f"±{deviations:g} sd of y"),
            (pred.epistemic_std, 0.45, f"±{deviations:g} sd of f(x)"),
        ):
            low, high = pred.mean - deviations * part, pred.mean + deviations * part
            axes.fill_between(at, low, high, color=OKABE_ITO[0], alpha=shade, lw=0, label=label)
        axes.plot(at, pred.mean, color=OKABE_ITO[0], label="mean")
        if x_train is not None and y_train is not None:
            axes.plot(np.ravel(x_train), np.ravel(y_train), ".", color="0.15", ms=3, label="data")
        axes.set_title(name, fontsize=10)
        axes.spines[["top", "right"]].set_visible(False)
    for axes in panels.flat[len(predictions) :]:
        axes.set_visible(False)
    panels[0, 0].legend(frameon=False, fontsize=8)
    return figure

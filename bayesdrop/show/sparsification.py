"""A picture of whether the largest errors are where the uncertainty is largest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from numpy.typing import ArrayLike

from bayesdrop.metrics import ause, sparsification_curve
from bayesdrop.posterior.prediction.predictive import Predictive
from bayesdrop.show.style import OKABE_ITO, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def sparsification(
    predictions: Mapping[str, Predictive],
    y: ArrayLike,
    error: Literal["rmse", "mae"] = "rmse",
) -> Figure:
    """Draw the error of what is left when the most uncertain rows are removed.

    Dashed lines are the least possible, the oracle's, which removes the rows of the largest errors.
    The legend has the area between the two (Ilg et al. 2018, ECCV). All errors are relative to that
    of all rows.

    Parameters
    ----------
    predictions
        Label → prediction of the same rows, of numbers.
    y
        What was observed.
    error
        ``"rmse"`` (default) or ``"mae"``.

    Returns
    -------
    figure
        A matplotlib figure; ``figure.savefig(path)`` writes it.

    Raises
    ------
    TypeError
        A prediction of classes: see :func:`risk_coverage`.
    """
    figure = new_figure(5.6, 4.2)
    axes: Any = figure.subplots()
    for index, (name, pred) in enumerate(predictions.items()):
        curve = sparsification_curve(pred, y, error=error)
        whole = curve.error[0] or 1.0
        colour = OKABE_ITO[index % len(OKABE_ITO)]
        label = f"{name}: AUSE {ause(pred, y, error=error):.3f}"
        axes.plot(curve.removed, curve.error / whole, color=colour, label=label)
        axes.plot(curve.removed, curve.oracle / whole, color=colour, linestyle="--")
    axes.plot([], [], color="0.3", linestyle="--", label="oracle")
    axes.set(xlim=(0, 1), xlabel="share of rows removed, the most uncertain first")
    axes.set_ylabel(f"{error.upper()} of the rest, relative to all")
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False)
    axes.grid(color="0.93")
    axes.spines[["top", "right"]].set_visible(False)
    figure.suptitle("Sparsification", fontsize=11)
    return figure

"""A picture of how far an uncertainty tells other data from the training data's kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from bayesdrop.data.checks import numbers_in
from bayesdrop.metrics import auroc
from bayesdrop.show.style import line_style, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def ood_histogram(
    inside: ArrayLike,
    outside: Mapping[str, ArrayLike],
    score: str = "uncertainty",
    bins: int = 30,
) -> Figure:
    """Draw histograms of a score on rows like the training rows, filled, and on other rows.

    The legend has the AUROC of each (:func:`bayesdrop.metrics.auroc`).

    Parameters
    ----------
    inside
        Scores of rows like the training rows.
    outside
        Label → scores of rows from elsewhere.
    score
        What the scores are, for the axis. Default ``"uncertainty"``.
    bins
        Equal intervals of the score. Default 30.

    Returns
    -------
    figure
        A matplotlib figure; ``figure.savefig(path)`` writes it.
    """
    figure = new_figure(5.6, 4.0)
    axes: Any = figure.subplots()
    own = np.ravel(numbers_in(inside, "inside"))
    others = {name: np.ravel(numbers_in(each, name)) for name, each in outside.items()}
    edges = np.histogram_bin_edges(np.concatenate([own, *others.values()]), bins)
    axes.hist(own, edges, density=True, color="0.8", label="like the training data")
    for index, (name, each) in enumerate(others.items()):
        label = f"{name}: AUROC {auroc(own, each):.3f}"
        style = line_style(index)
        axes.hist(each, edges, density=True, histtype="step", linewidth=1.5, label=label, **style)
    axes.set(xlabel=score, ylabel="density")
    axes.legend(frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    figure.suptitle("Scores on data like the training data, and on others", fontsize=11)
    return figure

"""A picture of the relevance of features, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bayesdrop.posterior.posterior import Posterior
from bayesdrop.show.style import OKABE_ITO, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def feature_relevance(posterior: Posterior, interval: float = 0.9) -> Figure:
    """Draw the table of :meth:`bayesdrop.Posterior.feature_relevance` as dots.

    They are |λ| with its central ``interval``, and the root-mean-square of the weights; where there
    is no λ, the latter alone.

    Returns
    -------
    figure
        A matplotlib figure; ``figure.savefig(path)`` writes it.
    """
    table = posterior.feature_relevance(interval)
    height = np.arange(len(table))
    has_scale = "scale_mean" in table
    figure = new_figure(8.5 if has_scale else 5.5, 1.3 + 0.26 * len(table))
    panels: Any = figure.subplots(1, 1 + has_scale, sharey=True, squeeze=False)[0]
    if has_scale:
        mean, low, high = (table[f"scale_{name}"].to_numpy() for name in ("mean", "low", "high"))
        panels[0].hlines(height, low, high, color=OKABE_ITO[0], linewidth=2)
        panels[0].plot(mean, height, "o", color=OKABE_ITO[0], markersize=6)
        panels[0].set_xlabel(f"|λ| of the feature: mean, {100 * interval:.3g} % interval")
    panels[-1].plot(table["weight_rms"], height, "s", color=OKABE_ITO[1], markersize=6)
    panels[-1].set_xlabel("RMS of the feature's weights, posterior mean")
    for axes in panels:
        axes.set_xlim(left=0)
        axes.grid(color="0.92")
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
    panels[0].set_yticks(height, table.index)
    if has_scale:
        panels[1].tick_params(left=False)
    panels[0].set_ylim(len(table) - 0.5, -0.5)
    structure, method = posterior.model.prior.structure, type(posterior.inference).__name__
    figure.suptitle(f"Relevance of the features: {structure} × {method}", fontsize=11)
    return figure

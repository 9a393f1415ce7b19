"""How much of a score is the model's and how much the inference's, on every data set."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from bayesdrop.benchmark.metrics import METRICS
from bayesdrop.benchmark.report.figures.column import column_figure, light_grid, log_scale
from bayesdrop.benchmark.stats.decomposition import Decomposition
from bayesdrop.show.style import OKABE_ITO

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_EFFECTS = {
    "method": ("inference", "s"),
    "model": ("model", "o"),
    "together": ("both together", "^"),
}


def draw_decomposition(found: Mapping[str, Decomposition], metric: str) -> Figure:
    """Draw the size of each effect, a line of three for each data set.

    A grey bar is where chance alone would put the marker of its height.
    """
    figure = column_figure(1.0 + 0.34 * len(found))
    axes = figure.subplots()
    for height, own in enumerate(found.values()):
        sizes = {"model": own.model, "method": own.method, "together": own.together}
        chance = dict(zip(sizes, own.by_chance, strict=True))
        for k, (effect, (label, marker)) in enumerate(_EFFECTS.items()):
            at = height + (k - 1) * 0.22
            axes.plot(
                sizes[effect],
                at,
                marker,
                color=OKABE_ITO[k],
                markersize=4,
                label=label if height == 0 else None,
            )
            axes.plot(chance[effect], at, "|", color="0.5", markersize=7)
    axes.plot([], [], "|", color="0.5", markersize=7, label="by chance alone")
    log_scale(axes)
    axes.set_xlabel(f"size of the effect on {METRICS[metric].title}")
    axes.set_yticks(np.arange(len(found)), list(found))
    axes.set_ylim(len(found) - 0.5, -0.5)
    figure.legend(loc="outside upper center", ncols=2, frameon=False)
    light_grid(axes)
    return figure

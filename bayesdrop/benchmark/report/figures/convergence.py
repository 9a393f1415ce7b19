"""The convergence panel: the largest R-hat of f(x) of every split, row by row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from bayesdrop.benchmark.report.figures.row_styles import RowStyle, light_grid
from bayesdrop.benchmark.stats.overview import Line
from bayesdrop.posterior.verdict import RHAT_LIMIT
from bayesdrop.show.style import new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw_convergence(lines: Sequence[Line], styles: Mapping[str, RowStyle]) -> Figure | None:
    """Draw a dot per split and row of chains, on any data sets; ``None`` if there are none.

    An infinite R-hat is a cross at the right edge.
    """
    drawn = [line for line in lines if line.rhat_f]
    if not drawn:
        return None
    figure = new_figure(9, 1.3 + 0.26 * len(drawn))
    axes = figure.subplots()
    for height, line in enumerate(drawn):
        spread = height + np.linspace(-0.25, 0.25, len(line.rhat_f))
        style, rhat = styles[line.row], np.asarray(line.rhat_f)
        finite = np.isfinite(rhat)
        excess = np.maximum(rhat[finite] - 1, 1e-3)
        axes.plot(excess, spread[finite], style.marker, color=style.colour, markersize=4, alpha=0.7)
        axes.plot(
            np.ones(sum(~finite)),
            spread[~finite],
            "x",
            color=style.colour,
            transform=axes.get_yaxis_transform(),
            clip_on=False,
        )
    axes.axvline(RHAT_LIMIT - 1, color="black", linewidth=1, linestyle="--")
    axes.set_xscale("log")
    axes.set_xlabel("largest R-hat of f(x) over rows, minus 1 (dashed: 0.05)")
    axes.set_yticks(range(len(drawn)), [f"{line.dataset}: {line.row}" for line in drawn])
    axes.set_ylim(len(drawn) - 0.4, -0.6)
    light_grid(axes)
    return figure

"""The convergence panel: the largest R-hat of f(x) of every split, row by row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from bayesdrop.benchmark.report.figures.column import (
    column_figure,
    light_grid,
    log_scale,
    row_height,
    wrapped,
)
from bayesdrop.benchmark.stats.overview import Line
from bayesdrop.posterior.diagnosis.verdict import RHAT_LIMIT
from bayesdrop.show.style import OKABE_ITO

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw_convergence(lines: Sequence[Line]) -> Figure | None:
    """Draw a dot per split and row of chains, on any data sets; ``None`` if there are none.

    An infinite R-hat is a cross at the right edge.
    """
    drawn = [line for line in lines if line.rhat_f]
    if not drawn:
        return None
    names = [f"{line.dataset}: {line.row}" for line in drawn]
    figure = column_figure(0.75 + row_height(names) * len(drawn))
    axes = figure.subplots()
    for height, line in enumerate(drawn):
        spread = height + np.linspace(-0.25, 0.25, len(line.rhat_f))
        rhat = np.asarray(line.rhat_f)
        finite = np.isfinite(rhat)
        excess = np.maximum(rhat[finite] - 1, 1e-3)
        axes.plot(excess, spread[finite], "o", color=OKABE_ITO[0], markersize=2, alpha=0.7)
        axes.plot(
            np.ones(sum(~finite)),
            spread[~finite],
            "x",
            color=OKABE_ITO[1],
            markersize=4,
            transform=axes.get_yaxis_transform(),
            clip_on=False,
        )
    axes.axvline(RHAT_LIMIT - 1, color="black", linewidth=0.8, linestyle="--")
    log_scale(axes)
    axes.set_xlabel("largest R-hat of f(x), minus 1\n(dashed: 0.05)")
    axes.set_yticks(range(len(drawn)), map(wrapped, names))
    axes.set_ylim(len(drawn) - 0.4, -0.6)
    light_grid(axes)
    return figure

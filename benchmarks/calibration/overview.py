"""One picture of the ranks of all pairs: the distribution of each quantity's, less the uniform."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pairs import EXACT

import bayesdrop as bd
from bayesdrop.show.style import OKABE_ITO, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_COLUMNS = 5
_HEIGHT = 0.2  # of an axis, to both sides: approximations may leave it
_EXACT, _APPROXIMATE = OKABE_ITO[0], OKABE_ITO[1]


def overview(found: Mapping[str, bd.Calibration]) -> Figure:
    """A panel for each pair: a line for each quantity, and the 95 % band of one of them.

    A band is of all a pair's quantities by Bonferroni, as the pair's p-value is.
    """
    rows = math.ceil(len(found) / _COLUMNS)
    figure = new_figure(2.3 * _COLUMNS, 0.8 + 1.5 * rows)
    panels: Any = figure.subplots(rows, _COLUMNS, sharex=True, sharey=True, squeeze=False)
    for axes in panels.flat[len(found) :]:
        axes.set_visible(False)
    for axes, (name, one) in zip(panels.flat, found.items(), strict=False):
        colour = _EXACT if name in EXACT else _APPROXIMATE
        bands = [one.band(quantity, 1 - 0.05 / len(one.ranks)) for quantity in one.ranks]
        points = bands[0].points
        low, high = bands[0].low - points, bands[0].high - points
        axes.fill_between(points, low, high, color="0.88", linewidth=0, step="mid")
        for band in bands:
            axes.step(points, band.ecdf - points, color=colour, linewidth=0.8)
        axes.set_title(_title(name), fontsize=6.8)
        axes.set_ylim(-_HEIGHT, _HEIGHT)
        axes.tick_params(labelsize=7)
        axes.spines[["top", "right"]].set_visible(False)
    figure.supxlabel("rank, as a share of the draws", fontsize=9)
    figure.supylabel("ECDF less uniform", fontsize=9)
    return figure


def _title(name: str) -> str:
    """The name in two lines: the method and the noise, then the structure and the likelihood."""
    if name not in EXACT:
        return f"approximate:\n{name}"
    one = EXACT[name]
    return f"{one.method}, {one.noise}\n{one.structure}, {one.likelihood}"

"""Pictures as wide as a column of a paper, which is as wide as a phone."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from bayesdrop.show.style import new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.typing import RcKeyType

_INCHES = 3.25
_LONGEST_NAME = 24
_FEW_DECADES = 30.0
_LONG_NUMBER = 1e5
COLUMN_STYLE: dict[RcKeyType, Any] = {
    "font.size": 7,
    "axes.titlesize": 7.5,
    "figure.titlesize": 7.5,
    "legend.fontsize": 6.5,
    "axes.linewidth": 0.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "lines.linewidth": 1.0,
    "pdf.fonttype": 42,  # journals refuse Type 3
    "svg.hashsalt": "bayesdrop",
}
"""matplotlib's settings for these pictures: letters that can be read at that width."""


def column_figure(height: float) -> Figure:
    """Return an empty figure of one column's width and that height in inches."""
    return new_figure(_INCHES, height)


def wrapped(name: str) -> str:
    """Break a long name of a row into lines."""
    return textwrap.fill(name, _LONGEST_NAME)


def row_height(names: Iterable[str]) -> float:
    """Return how many inches each row of a picture needs for its name, the longest of these."""
    return 0.06 + 0.11 * max(wrapped(name).count("\n") + 1 for name in names)


def log_scale(axes: Any) -> None:
    """Give the x axis a log scale, with ticks at 1, 2 and 5 where it spans few decades."""
    from matplotlib.ticker import LogFormatterSciNotation, LogLocator, NullFormatter

    axes.set_xscale("log")
    axes.xaxis.set_minor_formatter(NullFormatter())
    left, right = axes.get_xlim()
    if right > _FEW_DECADES * left:
        return
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    always = LogFormatterSciNotation(minor_thresholds=(math.inf, math.inf))
    axes.xaxis.set_major_formatter("{x:g}" if right < _LONG_NUMBER else always)


def light_grid(axes: Any) -> None:
    """Draw a light grid, and no frame where there is no scale."""
    axes.grid(color="0.92", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)

"""Calibration and coverage curves of every row on a data set, from PIT histograms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from bayesdrop.benchmark.report.figures.column import column_figure, light_grid
from bayesdrop.benchmark.report.figures.row_styles import (
    RowStyle,
    legend_below,
    legend_height,
    named,
)
from bayesdrop.benchmark.stats.overview import Line

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_NUMBER_EVERY = 5  # levels; rows after each other start at different ones


def draw_calibration(lines: Sequence[Line], styles: Mapping[str, RowStyle]) -> Figure | None:
    """Draw observed minus nominal shares: below each quantile (top), in central intervals (below).

    Both are 0 if calibrated. Below 0 in the lower panel is a prediction too sure of itself. The
    result is ``None`` if no line has a histogram.
    """
    drawn = [line for line in lines if line.pit_histogram]
    if not drawn:
        return None
    names = {line.row: f"{styles[line.row].number} {named(line)}".strip() for line in drawn}
    figure = column_figure(4.2 + legend_height(names.values()))
    below, central = figure.subplots(2)
    for k, line in enumerate(drawn):
        style, name = styles[line.row], names[line.row]
        nominal, observed = cumulative(line)
        _draw_curve(below, nominal, observed - nominal, style, name, k)
        level, inside = central_coverage(line)
        _draw_curve(central, level, inside - level, style, name, k)
    for axes, name in ((below, "quantile level"), (central, "level of the central interval")):
        axes.axhline(0, color="black", linewidth=0.6)
        axes.set_xlabel(name)
        axes.set_ylabel("observed − nominal share")
        light_grid(axes)
    below.set_title("calibration")
    central.set_title("coverage (below 0: too sure)")
    figure.suptitle(f"{lines[0].dataset}: mean over splits")
    legend_below(figure, below)
    return figure


def _draw_curve(
    axes: Axes, x: np.ndarray, y: np.ndarray, style: RowStyle, name: str, k: int
) -> None:
    """Draw a curve with its shape at every level, or with its number at some of them."""
    look: dict[str, Any] = {"marker": style.shape, "markersize": 2.5} if style.shape else {}
    axes.plot(x, y, color=style.colour, linewidth=0.8, label=name, **look)
    if style.number:
        for level in range(1 + k % _NUMBER_EVERY, len(x) - 1, _NUMBER_EVERY):
            axes.text(
                x[level],
                y[level],
                style.number,
                color=style.colour,
                size="small",
                ha="center",
                va="center",
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.3},
            )


def cumulative(line: Line) -> tuple[np.ndarray, np.ndarray]:
    """Return quantile levels from 0 to 1, and the share of observations below each."""
    shares = np.asarray(line.pit_histogram)
    return np.linspace(0, 1, len(shares) + 1), np.append(0.0, np.cumsum(shares))


def central_coverage(line: Line) -> tuple[np.ndarray, np.ndarray]:
    """Return levels of central intervals, and the share of observations within each."""
    nominal, observed = cumulative(line)
    half = len(nominal) // 2
    low, high = np.arange(half, -1, -1), np.arange(len(nominal) - 1 - half, len(nominal))
    return nominal[high] - nominal[low], observed[high] - observed[low]

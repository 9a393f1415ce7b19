"""Calibration and coverage curves of every row on a data set, from PIT histograms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from bayesdrop.benchmark.report.figures.row_styles import RowStyle, light_grid, shared_legend
from bayesdrop.benchmark.stats.overview import Line
from bayesdrop.show.style import new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw_calibration(lines: Sequence[Line], styles: Mapping[str, RowStyle]) -> Figure | None:
    """Draw observed minus nominal shares: below each quantile (left), in central intervals (right).

    Both are 0 if calibrated. Below 0 on the right is a prediction too sure of itself. The result is
    ``None`` if no line has a histogram.
    """
    drawn = [line for line in lines if line.pit_histogram]
    if not drawn:
        return None
    figure = new_figure(9, 3.6 + 0.11 * len(drawn))
    below, central = figure.subplots(1, 2)
    for line in drawn:
        style = {"color": styles[line.row].colour, "marker": styles[line.row].marker}
        style |= {"markersize": 4, "linewidth": 1.3, "label": line.row}
        nominal, observed = cumulative(line)
        below.plot(nominal, observed - nominal, **style)
        level, inside = central_coverage(line)
        central.plot(level, inside - level, **style)
    for axes, name in ((below, "quantile level"), (central, "level of the central interval")):
        axes.axhline(0, color="black", linewidth=0.8)
        axes.set_xlabel(name)
        axes.set_ylabel("observed − nominal share")
        light_grid(axes)
    below.set_title("calibration", fontsize=10)
    central.set_title("coverage", fontsize=10)
    figure.suptitle(f"{lines[0].dataset}: mean over splits", fontsize=11)
    shared_legend(figure, below, styles)
    return figure


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

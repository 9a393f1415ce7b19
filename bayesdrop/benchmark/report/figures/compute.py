"""Accuracy against compute: NLL over seconds and over gradients, a dot per row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from bayesdrop.benchmark.report.figures.column import column_figure, light_grid, log_scale
from bayesdrop.benchmark.report.figures.row_styles import named
from bayesdrop.benchmark.stats.overview import Line
from bayesdrop.show.style import OKABE_ITO

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_LINE_OF_TEXT = 0.12  # inches


def draw_compute(lines: Sequence[Line]) -> Figure:
    """Draw the mean NLL of a data set against the mean seconds and gradients of a split.

    Names stand beside their dots, at the right. A hollow dot and a ° say that some splits had not
    converged. Seconds are wall time with compilation, of machines as busy as they were. Gradients
    are of the log joint of all data; their panel has the methods that count them, and is left out
    if none does.
    """
    alike = len({line.ran_on for line in lines}) == 1
    unlike = "" if alike else "\n(devices or numbers of processes differ)"
    costs = {f"seconds per split{unlike}": {line.row: line.total for line in lines}}
    if gradients := {line.row: line.gradients for line in lines if line.gradients}:
        costs["gradients per split"] = gradients
    height = max(1.2, _LINE_OF_TEXT * sum(named(line).count("\n") + 1 for line in lines))
    figure = column_figure(0.3 + (0.5 + height) * len(costs))
    every_axes = figure.subplots(len(costs), squeeze=False)[:, 0]
    for axes, (name, found) in zip(every_axes, costs.items(), strict=True):
        _draw_dots(axes, [line for line in lines if line.row in found], found)
        axes.margins(0.1)
        log_scale(axes)
        axes.set_xlabel(name)
        axes.set_ylabel("NLL (nats per row)")
        light_grid(axes)
    figure.suptitle(f"{lines[0].dataset}: NLL against compute")
    return figure


def _draw_dots(axes: Axes, lines: Sequence[Line], costs: Mapping[str, float]) -> None:
    """Draw a dot per line; its name is at the right, at the height of its rank by NLL."""
    by_nll = sorted(lines, key=lambda line: line.scores["nll"].mean)
    for place, line in enumerate(by_nll):
        cost, nll = costs[line.row], line.scores["nll"].mean
        fill = "white" if line.not_converged else OKABE_ITO[0]
        axes.plot(cost, nll, "o", color=OKABE_ITO[0], markersize=4, markerfacecolor=fill)
        axes.annotate(
            named(line),
            xy=(cost, nll),
            xytext=(1.04, (place + 0.5) / len(lines)),
            textcoords="axes fraction",
            va="center",
            arrowprops={
                "arrowstyle": "-",
                "color": "0.7",
                "linewidth": 0.5,
                "relpos": (0, 0.5),
                "shrinkA": 1,
            },
        )

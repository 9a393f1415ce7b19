"""Accuracy against compute: NLL over seconds and over gradients, a dot per row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from bayesdrop.benchmark.report.figures.row_styles import RowStyle, light_grid, shared_legend
from bayesdrop.benchmark.stats.overview import Line
from bayesdrop.show.style import new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw_compute(lines: Sequence[Line], styles: Mapping[str, RowStyle]) -> Figure:
    """Draw the mean NLL of a data set against the mean seconds and gradients of a split.

    Seconds are wall time with compilation, of machines as busy as they were. Gradients are of the
    log joint of all data; a method that counts none is in the left panel alone.
    """
    figure = new_figure(9, 3.4 + 0.11 * len(lines))
    seconds, gradients = figure.subplots(1, 2, sharey=True)
    for line in lines:
        style, nll = styles[line.row], line.scores["nll"].mean
        fill = "white" if line.not_converged else style.colour
        for axes, cost in ((seconds, line.total), (gradients, line.gradients)):
            if cost:
                axes.plot(
                    cost,
                    nll,
                    style.marker,
                    color=style.colour,
                    markerfacecolor=fill,
                    label=line.row,
                )
    alike = len({line.ran_on for line in lines}) == 1
    unlike = "" if alike else "; devices or numbers of processes differ"
    for axes, name in ((seconds, f"seconds per split{unlike}"), (gradients, "gradients per split")):
        axes.set_xscale("log")
        axes.xaxis.set_minor_formatter("")
        axes.set_xlabel(name)
        light_grid(axes)
    seconds.set_ylabel("NLL (nats per row)")
    figure.suptitle(f"{lines[0].dataset}: NLL against compute", fontsize=11)
    shared_legend(figure, seconds, styles)
    return figure

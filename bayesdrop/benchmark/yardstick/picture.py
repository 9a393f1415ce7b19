"""Which method to trust for what: a heat map of the errors of every method."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from bayesdrop.benchmark.yardstick.pair import Record
from bayesdrop.benchmark.yardstick.table import Line, lines_of
from bayesdrop.show.style import colour_map, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Column(NamedTuple):
    """One thing to trust a method for.

    Attributes
    ----------
    title
        What it is.
    measure
        The distance that says so.
    error
        The size of the error, 0 for none.
    worst
        The error that gets the darkest colour.
    """

    title: str
    measure: str
    error: Callable[[float], float]
    worst: float


COLUMNS = (
    Column("mean of f\n(rms bias, sd)", "f_mean_bias", abs, 1.0),
    Column("spread of f\n(bias of sd, sd)", "f_sd_bias", abs, 1.0),
    Column("distribution of y\n(Wasserstein, sd)", "wasserstein", abs, 0.3),
    Column("90 % interval\n(mass it holds)", "coverage_90", lambda held: abs(held - 0.9), 0.1),
    Column("score\n(ΔNLL, nats)", "delta_nll", abs, 0.2),
)
"""What the picture shows, left to right."""


def trust_picture(records: Sequence[Record]) -> Figure:
    """Draw a row for each method and a column for each thing to trust it for; dark is wrong.

    A number is the median over the references, and a method that could not run all of them has
    their number after its name.
    """
    lines = lines_of(records)
    most = max(line.count for line in lines)
    shades = np.array([[_shade(line, column) for column in COLUMNS] for line in lines])
    figure = new_figure(1.7 + 1.35 * len(COLUMNS), 1.3 + 0.3 * len(lines))
    axes = figure.add_subplot()
    axes.imshow(shades, cmap=colour_map().reversed(), vmin=0, vmax=1, aspect="auto")
    for row, line in enumerate(lines):
        for number, column in enumerate(COLUMNS):
            if (value := line.medians.get(column.measure)) is not None:
                colour = "white" if shades[row, number] > 0.5 else "black"
                place = {"ha": "center", "va": "center", "fontsize": 8}
                shown = f"{value:.2f}".replace("-0.00", "0.00").replace("-", "−")
                axes.text(number, row, shown, color=colour, **place)
    axes.set_xticks(range(len(COLUMNS)), [column.title for column in COLUMNS], fontsize=8)
    names = [line.method + (f" ({line.count})" if line.count < most else "") for line in lines]
    axes.set_yticks(range(len(lines)), names, fontsize=8)
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    of = f"{most} reference posteriors" if most > 1 else "1 reference posterior"
    axes.set_title(f"Errors of each method, medians over {of}; dark is far off", fontsize=9)
    return figure


def _shade(line: Line, column: Column) -> float:
    """From 0 for no error to 1; NaN where nothing is known."""
    value = line.medians.get(column.measure)
    return float("nan") if value is None else min(1.0, column.error(value) / column.worst)

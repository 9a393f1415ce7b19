"""Which method to trust for what: a heat map of the errors of every method."""

from __future__ import annotations

from collections.abc import Sequence
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
    worst
        The size of the error that gets the darkest colour.
    """

    title: str
    measure: str
    worst: float


COLUMNS = (
    Column("mean of f\n(rms error, sd)", "f_mean_bias", 1.0),
    Column("spread of f\n(rms error of sd)", "f_sd_error", 1.0),
    Column("distribution of y\n(Wasserstein, sd)", "wasserstein", 0.3),
    Column("90 % interval\n(mass less 0.9)", "coverage_90", 0.1),
    Column("score\n(ΔNLL, nats)", "delta_nll", 0.2),
)
"""What there is to show, left to right."""


def columns_of(lines: Sequence[Line]) -> list[Column]:
    """Return the columns that some line has a number for."""
    return [column for column in COLUMNS if any(column.measure in line.errors for line in lines)]


def trust_picture(records: Sequence[Record]) -> Figure:
    """Draw a row for each method and a column for each thing to trust it for; dark is wrong.

    A number is the median size of the error over the references. Before it is ``−`` if the error is
    negative on all of them, and ``±`` if it has both signs. A method that can't run all of them, or
    has not run them yet, has the number of those that it has after its name.
    """
    lines = lines_of(records)
    columns = columns_of(lines)
    most = max(line.count for line in lines)
    shades = np.array([[_shade(line, column) for column in columns] for line in lines])
    figure = new_figure(1.7 + 1.35 * len(columns), 1.3 + 0.3 * len(lines))
    axes = figure.add_subplot()
    axes.imshow(shades, cmap=colour_map().reversed(), vmin=0, vmax=1, aspect="auto")
    for row, line in enumerate(lines):
        for number, column in enumerate(columns):
            if (error := line.errors.get(column.measure)) is not None:
                colour = "white" if shades[row, number] > 0.5 else "black"
                place = {"ha": "center", "va": "center", "fontsize": 8}
                axes.text(number, row, str(error), color=colour, **place)
    axes.set_xticks(range(len(columns)), [column.title for column in columns], fontsize=8)
    names = [line.method + (f" ({line.count})" if line.count < most else "") for line in lines]
    axes.set_yticks(range(len(lines)), names, fontsize=8)
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    of = f"at most {most} reference posteriors" if most > 1 else "1 reference posterior"
    axes.set_title(f"Median sizes of errors over {of}; dark is far off", fontsize=9)
    return figure


def _shade(line: Line, column: Column) -> float:
    """From 0 for no error to 1; NaN where nothing is known."""
    error = line.errors.get(column.measure)
    return float("nan") if error is None else min(1.0, error.size / column.worst)

"""One colour and marker per row, the same in every picture of a report.

They are found once, from all its lines: pictures of single data sets have fewer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from bayesdrop.benchmark.stats.overview import Line
from bayesdrop.show.style import OKABE_ITO

_MARKERS = ("o", "s", "D", "^", "v", "p", "<", ">")
"""All can be seen hollow; as many as have no factor in common with the colours, so that no two of
56 rows look alike."""


class RowStyle(NamedTuple):
    """A style is the colour and the marker of a row's dots."""

    colour: str
    marker: str


def row_styles(lines: Iterable[Line]) -> dict[str, RowStyle]:
    """Give each row a style."""
    rows = list(dict.fromkeys(line.row for line in lines))
    return {
        row: RowStyle(OKABE_ITO[index % len(OKABE_ITO)], _MARKERS[index % len(_MARKERS)])
        for index, row in enumerate(rows)
    }


def light_grid(axes: Any) -> None:
    """Draw a light grid, and no frame where there is no scale."""
    axes.grid(color="0.92")
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def shared_legend(figure: Any, axes: Any, styles: Mapping[str, RowStyle]) -> None:
    """Draw one legend for all panels, below them."""
    handles, labels = axes.get_legend_handles_labels()
    if handles:
        columns = 2 if max(map(len, styles)) > 24 else 4
        figure.legend(handles, labels, loc="outside lower center", ncols=columns, frameon=False)

"""How curves and dots of many rows are told apart, the same in every picture of a report.

They are found once, from all its lines: pictures of single data sets have fewer. Where there are
more rows than colours, a row has a number at its curve and in the legend. No colour is used twice.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from bayesdrop.benchmark.report.figures.column import wrapped
from bayesdrop.benchmark.report.legend import NOT_CONVERGED
from bayesdrop.benchmark.stats.overview import Line
from bayesdrop.show.style import OKABE_ITO

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_SHAPES = ("o", "s", "D", "^", "v", "p", "<")
"""One for each colour; all can be seen hollow."""
_LIGHTEST = 0.85  # of cividis, whose end is too light on white
_SHORT_NAME = 20


class RowStyle(NamedTuple):
    """A style is the colour of a row, and the shape of its dots or the number at its curve."""

    colour: str
    shape: str
    number: str


def row_styles(lines: Iterable[Line]) -> dict[str, RowStyle]:
    """Give each row a style."""
    from matplotlib import colormaps
    from matplotlib.colors import to_hex

    rows = list(dict.fromkeys(line.row for line in lines))
    if len(rows) <= len(OKABE_ITO):
        looks = zip(rows, OKABE_ITO, _SHAPES, strict=False)
        return {row: RowStyle(colour, shape, "") for row, colour, shape in looks}
    shades = colormaps["cividis"]
    darker = [to_hex(shades(_LIGHTEST * k / (len(rows) - 1))) for k in range(len(rows))]
    return {row: RowStyle(darker[k], "", str(k + 1)) for k, row in enumerate(rows)}


def named(line: Line) -> str:
    """Return the name of a row for a picture, with a ° if it had not converged."""
    return wrapped(line.row + NOT_CONVERGED * bool(line.not_converged))


def legend_below(figure: Figure, axes: Axes) -> None:
    """Draw one legend for all panels, below them."""
    handles, labels = axes.get_legend_handles_labels()
    columns = 2 if max(map(len, labels), default=0) <= _SHORT_NAME else 1
    figure.legend(handles, labels, loc="outside lower center", ncols=columns, frameon=False)


def legend_height(names: Iterable[str]) -> float:
    """Return about how many inches the legend of these rows takes."""
    shown = list(names)
    lines = sum(name.count("\n") + 1 for name in shown)
    return 0.13 * (lines / 2 if max(map(len, shown), default=0) <= _SHORT_NAME else lines)

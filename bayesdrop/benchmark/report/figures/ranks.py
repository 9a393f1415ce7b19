"""The critical-difference diagram of average ranks (Demšar 2006), by scikit-posthocs."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from bayesdrop.benchmark.metrics import METRICS
from bayesdrop.benchmark.report.figures.column import column_figure, row_height, wrapped
from bayesdrop.benchmark.report.legend import NOT_CONVERGED
from bayesdrop.benchmark.stats.ranks import Ranks
from bayesdrop.show.style import OKABE_ITO

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw_ranks(ranks: Ranks, metric: str, short: Collection[str] = ()) -> Figure:
    """Draw rows at their average ranks; a bar joins those that Nemenyi's test does not tell apart.

    Rows in ``short``, of which some chains had not converged, have a °.
    """
    import scikit_posthocs as posthocs

    names = {row: wrapped(row + NOT_CONVERGED * (row in short)) for row in ranks.scores}
    figure = column_figure(0.8 + (0.03 + row_height(ranks.scores)) * len(ranks.scores.columns))
    axes = figure.subplots()
    drawn = posthocs.critical_difference_diagram(
        ranks.ranks.rename(columns=names).mean(),
        posthocs.posthoc_nemenyi_friedman(ranks.scores.rename(columns=names)),
        ax=axes,
        label_fmt_left="{label} ({rank:.1f})",
        color_palette=[OKABE_ITO[0]] * len(ranks.ranks.columns),
        crossbar_props={"linewidth": 2, "color": "0.3", "marker": None},
        elbow_props={"linewidth": 0.8},
        marker_props={"s": 12},
        left_only=True,
    )
    for (bar,) in drawn["crossbars"]:  # their points come in the order of a set
        bar.set_xdata(sorted(bar.get_xdata()))
    title = f"average rank by {METRICS[metric].title} over {len(ranks.ranks)} data sets"
    title += "\nbar: not told apart by Nemenyi's test at 5 %"
    note = "\n°: not converged" if any(row in short for row in ranks.scores) else ""
    figure.suptitle(title + note)
    return figure

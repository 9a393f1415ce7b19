"""The critical-difference diagram of average ranks (Demšar 2006), by scikit-posthocs."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from bayesdrop.benchmark.metrics import METRICS
from bayesdrop.benchmark.stats.ranks import Ranks
from bayesdrop.show.style import OKABE_ITO, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw_ranks(ranks: Ranks, metric: str, short: Collection[str] = ()) -> Figure:
    """Draw rows at their average ranks; a bar joins those that Nemenyi's test does not tell apart.

    Rows in ``short``, of which some chains had not converged, have a °.
    """
    import scikit_posthocs as posthocs

    names = {row: f"{row}°" if row in short else row for row in ranks.scores}
    figure = new_figure(9, 1.6 + 0.16 * len(ranks.ranks.columns))
    axes = figure.subplots()
    drawn = posthocs.critical_difference_diagram(
        ranks.ranks.rename(columns=names).mean(),
        posthocs.posthoc_nemenyi_friedman(ranks.scores.rename(columns=names)),
        ax=axes,
        label_fmt_left="{label} ({rank:.1f})",
        label_fmt_right="({rank:.1f}) {label}",
        color_palette=[OKABE_ITO[0]] * len(ranks.ranks.columns),
        crossbar_props={"linewidth": 3, "color": "0.3", "marker": None},
    )
    for (bar,) in drawn["crossbars"]:  # their points come in the order of a set
        bar.set_xdata(sorted(bar.get_xdata()))
    n = len(ranks.ranks)
    note = "; ° not converged" if any(row in short for row in ranks.scores) else ""
    title = f"average rank by {METRICS[metric].title} over {n} data sets{note}"
    figure.suptitle(title, fontsize=11)
    return figure

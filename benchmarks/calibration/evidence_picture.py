"""One picture of the evidence of all data sets: how far each prior is below the best."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from evidence_tables import Found

from bayesdrop.show.style import OKABE_ITO, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_COLUMNS = 3
_EVIDENCE, _LOO = OKABE_ITO[0], OKABE_ITO[1]


def picture(by_data_set: Mapping[str, Sequence[Found]]) -> Figure:
    """A panel for each data set: each prior's evidence and PSIS-LOO below the best, in nats.

    A bar of the evidence is the range of the runs, and a bar of LOO is one standard error.
    """
    priors = list(dict.fromkeys(one.name for found in by_data_set.values() for one in found))
    rows = math.ceil(len(by_data_set) / _COLUMNS)
    figure = new_figure(3.1 * _COLUMNS, 0.9 + rows * (0.5 + 0.24 * len(priors)))
    panels: Any = figure.subplots(rows, _COLUMNS, sharey=True, squeeze=False)
    for axes in panels.flat[len(by_data_set) :]:
        axes.set_visible(False)
    for axes, (name, found) in zip(panels.flat, by_data_set.items(), strict=False):
        _panel(axes, found, priors)
        axes.set_title(name, fontsize=10)
    panels[0, 0].set_yticks(range(len(priors)), priors)
    panels[0, 0].invert_yaxis()
    figure.supxlabel("nats below the best prior", fontsize=9)
    handles, labels = panels[0, 0].get_legend_handles_labels()
    shown = dict(zip(labels, handles, strict=True))
    figure.legend(shown.values(), shown, loc="outside upper center", ncols=3, fontsize=9)
    return figure


def _panel(axes: Any, found: Sequence[Found], priors: Sequence[str]) -> None:
    """Draw a data set's priors: a hollow point is an evidence whose runs do not agree."""
    for agrees, face, label in (
        (True, _EVIDENCE, "log evidence"),
        (False, "white", "log evidence, not converged"),
    ):
        some = [one for one in found if one.agrees == agrees]
        axes.errorbar(
            [one.below for one in some],
            [priors.index(one.name) - 0.15 for one in some],
            xerr=np.reshape([one.range_of_runs for one in some], (-1, 2)).T,
            fmt="o",
            color=_EVIDENCE,
            markerfacecolor=face,
            label=label,
        )
    axes.errorbar(
        [one.loo_below for one in found],
        [priors.index(one.name) + 0.15 for one in found],
        xerr=[one.loo_error for one in found],
        fmt="D",
        color=_LOO,
        markersize=4,
        label="PSIS-LOO",
    )
    axes.axvline(0, color="0.7", linewidth=0.8, zorder=0)
    axes.tick_params(labelsize=8)
    axes.spines[["top", "right"]].set_visible(False)

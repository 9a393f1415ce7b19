"""A picture of simulation-based calibration."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from bayesdrop.calibration import Calibration
from bayesdrop.show.style import OKABE_ITO, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_COLUMNS = 3


def rank_ecdf(calibration: Calibration, level: float = 0.95) -> Figure:
    """Draw the distribution of the ranks less that of uniform ones, with simultaneous bands.

    A calibrated quantity stays in its band all along with probability ``level``. A slope up in the
    middle says that ranks are in the middle too often, as of draws that vary too much; one at both
    ends, that draws vary too little (Säilynoja, Bürkner & Vehtari 2022).

    Parameters
    ----------
    calibration
        What :func:`bayesdrop.sbc` returned.
    level
        The probability of each quantity's band. Default 0.95.

    Returns
    -------
    figure
        A matplotlib figure; ``figure.savefig(path)`` writes it.

    Raises
    ------
    ValueError
        ``level`` is not between 0 and 1.
    """
    names = list(calibration.ranks)
    p_values = calibration.p_values
    columns = min(_COLUMNS, len(names))
    rows = math.ceil(len(names) / columns)
    figure = new_figure(2.9 * columns, 0.6 + 2.2 * rows)
    panels: Any = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    for axes, name in zip(panels.flat, names, strict=False):
        band = calibration.band(name, level)
        low, high = band.low - band.points, band.high - band.points
        axes.fill_between(band.points, low, high, color="0.88", linewidth=0, step="mid")
        axes.step(band.points, band.ecdf - band.points, color=OKABE_ITO[0], where="mid")
        axes.axhline(0, color="0.6", linewidth=0.8)
        axes.set_title(f"{name}: p = {p_values[name]:.2g}", fontsize=9)
        axes.spines[["top", "right"]].set_visible(False)
    for axes in panels.flat[len(names) :]:
        axes.set_visible(False)
    figure.supxlabel("rank, as a share of the draws", fontsize=9)
    figure.supylabel("ECDF less uniform", fontsize=9)
    figure.suptitle(f"Ranks in {calibration.n} simulated data sets", fontsize=11)
    return figure

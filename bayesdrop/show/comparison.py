"""A picture of fits compared by leave-one-out cross-validation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bayesdrop.posterior.export.arviz import import_arviz, is_first_arviz
from bayesdrop.show.style import new_figure

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


def comparison(frame: pd.DataFrame) -> Figure:
    """Draw the elpd of every fit with its standard error, the best on top.

    It is ``arviz.plot_compare``. Triangles are differences from the best, with their own standard
    errors. A fit whose triangle reaches the dashed line can hardly be told from the best.

    Parameters
    ----------
    frame
        What :func:`bayesdrop.compare` returned.

    Returns
    -------
    figure
        A matplotlib figure; ``figure.savefig(path)`` writes it.
    """
    arviz = import_arviz()
    if is_first_arviz():
        figure = new_figure(6.4, 1.2 + 0.7 * len(frame))
        plotted = frame.assign(scale="log")
        arviz.plot_compare(plotted, ax=figure.subplots(), textsize=9, order_by_rank=False)
        return figure
    renamed = frame.rename(columns={"elpd_loo": "elpd", "p_loo": "p"})
    return arviz.plot_compare(renamed, backend="matplotlib").viz["figure"].item()

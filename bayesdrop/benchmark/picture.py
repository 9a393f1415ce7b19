"""The picture of a report: RMSE and NLL of every row of a dataset, with standard errors."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

OKABE_ITO = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Colours that people with any colour vision tell apart."""

MARKERS = ("o", "s", "D", "^", "v", "P", "X")
PANELS = {"rmse": "RMSE (target's units)", "nll": "NLL (nats per row)"}
_LOG_SCALE_ABOVE = 20.0  # ratio of the largest RMSE to the smallest


def draw_dataset(lines: pd.DataFrame, path: Path) -> None:
    """Write a PNG for one dataset.

    One dot per row, its bar the standard error over splits; colour and shape say the method, and a
    hollow dot that chains had not converged.

    Parameters
    ----------
    lines
        The dataset's lines of :func:`bayesdrop.benchmark.overview.overview`.
    path
        Where to write.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 1.5 + 0.36 * len(lines)), layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(1, len(PANELS), sharey=True)
    methods = list(dict.fromkeys(lines["method"]))
    for axes, (metric, label) in zip(panels, PANELS.items(), strict=True):
        for y, (_, line) in enumerate(lines.iterrows()):
            look = methods.index(line["method"])
            _draw_dot(axes, line, metric, y, look)
        axes.set_xlabel(f"{label}, lower is better")
        axes.grid(axis="x", color="0.9")
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
        axes.margins(x=0.08)
    if lines["rmse"].max() > _LOG_SCALE_ABOVE * lines["rmse"].min():
        panels[0].set_xscale("log")
    panels[0].set_yticks(range(len(lines)), lines["row"])
    panels[0].set_ylim(len(lines) - 0.4, -0.6)
    counts = sorted(set(lines["n"]))
    splits = " to ".join(str(n) for n in dict.fromkeys((counts[0], counts[-1])))
    notes = [f"{lines['dataset'].iloc[0]}: mean ± standard error, {splits} splits"]
    if lines["not_converged"].any():
        notes.append("hollow: chains not converged")
    figure.suptitle("; ".join(notes), fontsize=11)
    figure.savefig(path, dpi=150)


def _draw_dot(axes, line: pd.Series, metric: str, y: int, look: int) -> None:  # noqa: ANN001
    colour = OKABE_ITO[look % len(OKABE_ITO)]
    has_error = line[f"{metric}_se"] == line[f"{metric}_se"]
    axes.errorbar(
        line[metric],
        y,
        xerr=line[f"{metric}_se"] if has_error else None,
        fmt=MARKERS[look % len(MARKERS)],
        color=colour,
        markerfacecolor="white" if line["not_converged"] else colour,
        markersize=7,
        markeredgewidth=1.6,
        elinewidth=1.6,
        capsize=3,
    )

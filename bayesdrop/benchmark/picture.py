"""The picture of a report: RMSE (or accuracy) and NLL of every row, with standard errors."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bayesdrop.benchmark.overview import Line
from bayesdrop.show.style import OKABE_ITO

_MARKERS = ("o", "s", "D", "^", "v", "P", "X")
_PANELS = {
    "rmse": ("RMSE", "RMSE (target's units), lower is better"),
    "accuracy": ("accuracy", "accuracy, higher is better"),
    "nll": ("NLL", "NLL (nats per row), lower is better"),
}
_LOG_SCALE_ABOVE = 20.0  # ratio of the largest RMSE to the smallest


def panels(lines: Sequence[Line]) -> list[str]:
    """Names of the scores that every line has and the picture shows."""
    return [_PANELS[metric][0] for metric in _shown(lines)]


def _shown(lines: Sequence[Line]) -> list[str]:
    return [metric for metric in _PANELS if all(metric in line.scores for line in lines)]


def draw_dataset(lines: Sequence[Line], path: Path) -> None:
    """Write a PNG for one dataset.

    One dot per line of its overview, with the standard error over splits as a bar; colour and
    shape say the method, and a hollow dot that chains had not converged.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 1.5 + 0.34 * len(lines)), layout="constrained")
    FigureCanvasAgg(figure)
    shown = _shown(lines)
    every_axes = figure.subplots(1, len(shown), sharey=True, squeeze=False)[0]
    methods = list(dict.fromkeys(line.method for line in lines))
    for axes, metric in zip(every_axes, shown, strict=True):
        for height, line in enumerate(lines):
            _draw_dot(axes, line, metric, height, methods.index(line.method))
            if height and line.model != lines[height - 1].model:
                axes.axhline(height - 0.5, color="0.8", linewidth=0.8)
        axes.set_xlabel(_PANELS[metric][1])
        axes.grid(axis="x", color="0.9")
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
        axes.margins(x=0.08)
        if metric == "rmse":
            errors = [line.scores["rmse"].mean for line in lines]
            if max(errors) > _LOG_SCALE_ABOVE * min(errors):
                axes.set_xscale("log")
    for axes in every_axes[1:]:
        axes.tick_params(left=False)
    every_axes[0].set_yticks(range(len(lines)), [line.row for line in lines])
    every_axes[0].set_ylim(len(lines) - 0.4, -0.6)
    figure.suptitle(_title(lines), fontsize=11)
    figure.savefig(path, dpi=150)


def _draw_dot(axes: Any, line: Line, metric: str, height: int, look: int) -> None:
    colour, score = OKABE_ITO[look % len(OKABE_ITO)], line.scores[metric]
    axes.errorbar(
        score.mean,
        height,
        xerr=score.se if math.isfinite(score.se) else None,
        fmt=_MARKERS[look % len(_MARKERS)],
        color=colour,
        markerfacecolor="white" if line.not_converged else colour,
        markersize=7,
        markeredgewidth=1.6,
        elinewidth=1.6,
        capsize=3,
    )


def _title(lines: Sequence[Line]) -> str:
    counts = sorted({line.n for line in lines})
    splits = f"{counts[0]} to {counts[-1]}" if len(counts) > 1 else str(counts[0])
    noun = "split" if counts == [1] else "splits"
    title = f"{lines[0].dataset}: mean ± standard error over {splits} {noun}"
    return title + ("; hollow: not converged" if any(line.not_converged for line in lines) else "")

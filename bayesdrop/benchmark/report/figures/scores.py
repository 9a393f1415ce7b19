"""RMSE (or accuracy) and NLL of every row, with standard errors; published rows below, in grey."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from bayesdrop.benchmark.metrics import METRICS
from bayesdrop.benchmark.report.figures.row_styles import RowStyle, light_grid
from bayesdrop.benchmark.report.published import PER_DRAW, Published, Score
from bayesdrop.benchmark.stats.overview import Line
from bayesdrop.show.style import new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_LOG_SCALE_ABOVE = 20.0  # ratio of the largest RMSE to the smallest
_GREY = "0.55"


def panels(lines: Sequence[Line]) -> list[str]:
    """Return the names of the scores that every line has and the picture shows."""
    return [METRICS[metric].title for metric in _shown(lines)]


def _shown(lines: Sequence[Line]) -> list[str]:
    return [
        metric
        for metric, made in METRICS.items()
        if made.axis and all(metric in line.scores for line in lines)
    ]


def draw_scores(
    lines: Sequence[Line], styles: Mapping[str, RowStyle], published: Sequence[Published] = ()
) -> Figure:
    """Draw a dot per line of a data set's overview, with the standard error over splits as a bar.

    A hollow dot says that chains had not converged.
    """
    shown = _shown(lines)
    rows = [line.row for line in lines] + [
        f"{publication.name}{PER_DRAW * publication.per_draw}" for publication in published
    ]
    figure = new_figure(9, 1.5 + 0.3 * len(rows))
    every_axes = figure.subplots(1, len(shown), sharey=True, squeeze=False)[0]
    for axes, metric in zip(every_axes, shown, strict=True):
        for height, line in enumerate(lines):
            _draw_dot(axes, line, metric, height, styles[line.row])
        for height, publication in enumerate(published, len(lines)):
            scores: dict[str, dict[str, Score]] = {
                "rmse": publication.rmse,
                "nll": publication.nll,
            }
            _draw_published(axes, scores.get(metric, {}).get(lines[0].dataset), height)
        axes.set_xlabel(METRICS[metric].axis)
        light_grid(axes)
        axes.margins(x=0.08)
        if published:
            axes.axhline(len(lines) - 0.5, color="0.8", linewidth=0.8)
        if metric == "rmse":
            errors = [line.scores["rmse"].mean for line in lines]
            if max(errors) > _LOG_SCALE_ABOVE * min(errors):
                axes.set_xscale("log")
    for axes in every_axes[1:]:
        axes.tick_params(left=False)
    every_axes[0].set_yticks(range(len(rows)), rows)
    for label, row in zip(every_axes[0].get_yticklabels(), rows, strict=True):
        label.set_color("black" if row in styles else _GREY)
    every_axes[0].set_ylim(len(rows) - 0.4, -0.6)
    figure.suptitle(_title(lines, published), fontsize=11)
    return figure


def _draw_dot(axes: Any, line: Line, metric: str, height: int, style: RowStyle) -> None:
    score = line.scores[metric]
    axes.errorbar(
        score.mean,
        height,
        xerr=score.se if math.isfinite(score.se) else None,
        fmt=style.marker,
        color=style.colour,
        markerfacecolor="white" if line.not_converged else style.colour,
        markersize=7,
        markeredgewidth=1.6,
        elinewidth=1.6,
        capsize=3,
    )


def _draw_published(axes: Any, score: Score | None, height: int) -> None:
    if score is not None:
        axes.errorbar(
            score.value, height, xerr=score.spread, fmt="|", color=_GREY, markersize=9, capsize=2
        )


def _title(lines: Sequence[Line], published: Sequence[Published]) -> str:
    counts = sorted({line.n for line in lines})
    splits = f"{counts[0]} to {counts[-1]}" if len(counts) > 1 else str(counts[0])
    noun = "split" if counts == [1] else "splits"
    title = f"{lines[0].dataset}: mean ± standard error over {splits} {noun}"
    parts = []
    if any(line.not_converged for line in lines):
        parts.append("hollow: not converged")
    if published:
        parts.append("grey: as published")
    if any(publication.per_draw for publication in published):
        parts.append(f"{PER_DRAW} no RMSE but MAE per draw ± sd")
    return "\n".join([title, "; ".join(parts)] if parts else [title])

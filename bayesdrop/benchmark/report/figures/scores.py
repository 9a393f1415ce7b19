"""RMSE (or accuracy) and NLL of every row, with standard errors; published rows below, in grey."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from bayesdrop.benchmark.metrics import METRICS
from bayesdrop.benchmark.report.figures.column import (
    column_figure,
    light_grid,
    log_scale,
    row_height,
    wrapped,
)
from bayesdrop.benchmark.report.figures.row_styles import named
from bayesdrop.benchmark.report.published import Published, Score
from bayesdrop.benchmark.stats.overview import Line
from bayesdrop.show.style import OKABE_ITO

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_LOG_SCALE_ABOVE = 20.0  # ratio of the largest RMSE to the smallest
_TICKS = 5  # at most: their numbers may have six characters
_GREY, _DOT = "0.5", OKABE_ITO[0]


def panels(lines: Sequence[Line]) -> list[str]:
    """Return the names of the scores that every line has and the picture shows."""
    return [METRICS[metric].title for metric in _shown(lines)]


def _shown(lines: Sequence[Line]) -> list[str]:
    return [
        metric
        for metric, made in METRICS.items()
        if made.axis and all(metric in line.scores for line in lines)
    ]


def draw_scores(lines: Sequence[Line], published: Sequence[Published] = ()) -> Figure:
    """Draw a dot per line of a data set's overview, with the standard error over splits as a bar.

    Each score has a panel, one below the other. A hollow dot and a ° say that some splits had not
    converged.
    """
    dataset, shown = lines[0].dataset, _shown(lines)
    beside = {metric: _scores_of(published, metric, dataset) for metric in shown}
    each = row_height([line.row for line in lines] + [p.title for p in published])
    heights = [each * (len(lines) + len(found)) for found in beside.values()]
    figure = column_figure(0.45 + sum(0.4 + height for height in heights))
    every_axes = figure.subplots(len(shown), squeeze=False, height_ratios=heights)[:, 0]
    for axes, (metric, found) in zip(every_axes, beside.items(), strict=True):
        for height, line in enumerate(lines):
            _draw_dot(axes, line, metric, height)
        for height, score in enumerate(found.values(), len(lines)):
            _draw_published(axes, score, height)
        if found:
            axes.axhline(len(lines) - 0.5, color="0.8", linewidth=0.6)
        _label(axes, [named(line) for line in lines], list(found))
        axes.set_xlabel(METRICS[metric].axis)
        if metric == "rmse":
            errors = [line.scores["rmse"].mean for line in lines]
            if max(errors) > _LOG_SCALE_ABOVE * min(errors):
                log_scale(axes)
    figure.suptitle(_title(lines, beside))
    return figure


def _scores_of(published: Sequence[Published], metric: str, dataset: str) -> dict[str, Score]:
    """Published name → its score of that metric."""
    found = {}
    for publication in published:
        scores = {"rmse": publication.rmse, "nll": publication.nll}.get(metric, {})
        if dataset in scores:
            found[publication.title] = scores[dataset]
    return found


def _label(axes: Any, rows: list[str], published: list[str]) -> None:
    names = rows + [wrapped(name) for name in published]
    axes.set_yticks(range(len(names)), names)
    for label in axes.get_yticklabels()[len(rows) :]:
        label.set_color(_GREY)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.margins(x=0.08)
    axes.locator_params(axis="x", nbins=_TICKS)
    light_grid(axes)


def _draw_dot(axes: Any, line: Line, metric: str, height: int) -> None:
    score = line.scores[metric]
    axes.errorbar(
        score.mean,
        height,
        xerr=score.se if math.isfinite(score.se) else None,
        fmt="o",
        color=_DOT,
        markerfacecolor="white" if line.not_converged else _DOT,
        markersize=4,
        markeredgewidth=1,
        elinewidth=1,
        capsize=2,
    )


def _draw_published(axes: Any, score: Score, height: int) -> None:
    axes.errorbar(
        score.value,
        height,
        xerr=score.spread,
        fmt="|",
        color=_GREY,
        markersize=6,
        elinewidth=1,
        capsize=1.5,
    )


def _title(lines: Sequence[Line], beside: dict[str, dict[str, Score]]) -> str:
    counts = sorted({line.n for line in lines})
    splits = f"{counts[0]} to {counts[-1]}" if len(counts) > 1 else str(counts[0])
    noun = "split" if counts == [1] else "splits"
    title = f"{lines[0].dataset}: mean ± standard error over {splits} {noun}"
    parts = []
    if any(line.not_converged for line in lines):
        parts.append("hollow, °: not converged")
    if any(beside.values()):
        parts.append("grey: as published")
    return "\n".join([title, "; ".join(parts)] if parts else [title])

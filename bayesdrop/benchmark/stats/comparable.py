"""Which lines of a data set can be compared, and which of these are the best."""

from __future__ import annotations

from collections.abc import Sequence

from bayesdrop.benchmark.metrics import METRICS
from bayesdrop.benchmark.stats.overview import Line


def every_split(lines: Sequence[Line]) -> frozenset[int]:
    """The splits on which any of the lines ran that are not of earlier settings."""
    return frozenset().union(*(line.splits for line in lines if not line.earlier))


def comparable(lines: Sequence[Line], metric: str) -> dict[int, float]:
    """Number of the line → mean, of those of current settings and on every split.

    Means over other splits are of other data.
    """
    every = every_split(lines)
    return {
        k: line.scores[metric].mean
        for k, line in enumerate(lines)
        if metric in line.scores and line.splits == every and not line.earlier
    }


def best(lines: Sequence[Line], metric: str) -> list[int]:
    """Numbers of the lines of the best mean, of those that are comparable.

    Several if they are equal; none if fewer than two lines can be compared, or none is better.
    """
    means, better = comparable(lines, metric), METRICS[metric].better
    if better is None or len(means) < 2:
        return []
    return [k for k, mean in means.items() if mean == better(means.values())]

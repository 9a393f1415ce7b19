"""Which lines of a data set can be compared, and which of these are the best."""

from __future__ import annotations

import math
from collections.abc import Sequence

from bayesdrop.benchmark.metrics import METRICS
from bayesdrop.benchmark.stats.overview import Line


def every_split(lines: Sequence[Line]) -> frozenset[int]:
    """Return the splits on which any of the lines of current settings ran."""
    return frozenset().union(*(line.splits for line in lines if not line.earlier))


def comparable_means(lines: Sequence[Line], metric: str) -> dict[int, float]:
    """Return number of the line → mean, for lines of current settings and on every split.

    Means over other splits are means of other data, and so left out. Means that differ only by the
    rounding of records, to ten digits, are made equal.
    """
    every = every_split(lines)
    means = {
        k: line.scores[metric].mean
        for k, line in enumerate(lines)
        if metric in line.scores and line.splits == every and not line.earlier
    }
    return {
        k: min(other for other in means.values() if _equal(mean, other))
        for k, mean in means.items()
    }


def best_lines(lines: Sequence[Line], metric: str) -> list[int]:
    """Return the numbers of the comparable lines that have the best mean.

    There are several if they are equal, and none if fewer than two lines can be compared, or none
    is better.
    """
    means, better = comparable_means(lines, metric), METRICS[metric].better
    if better is None or len(means) < 2:
        return []
    return [k for k, mean in means.items() if mean == better(means.values())]


def better_on_fewer(lines: Sequence[Line], metric: str) -> list[int]:
    """Return the numbers of the lines that lack splits and have a better mean than the best.

    Such a mean is of other data, so it proves nothing; but whoever reads that a row is the best
    wants to know of it. Lines of earlier settings are left out.
    """
    best, better, every = best_lines(lines, metric), METRICS[metric].better, every_split(lines)
    if not best or better is None:
        return []
    to_beat = lines[best[0]].scores[metric].mean
    return [
        k
        for k, line in enumerate(lines)
        if metric in line.scores
        and line.splits != every
        and not line.earlier
        and better(line.scores[metric].mean, to_beat) != to_beat
        and not _equal(line.scores[metric].mean, to_beat)
    ]


def _equal(mean: float, other: float) -> bool:
    return math.isclose(mean, other, rel_tol=1e-9)

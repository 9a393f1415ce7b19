"""Which lines of a data set can be compared, and which of these are the best."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from bayesdrop.benchmark.overview import Line

BETTER: dict[str, Callable[..., Any]] = {
    "rmse": min,
    "accuracy": max,
    "nll": min,
    "crps": min,
    "mae": min,
    "brier": min,
}
"""Metric → which of two means is better."""


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

    Several if they are equal; none if fewer than two lines can be compared.
    """
    means = comparable(lines, metric)
    first = BETTER[metric](means.values(), default=None)
    return [k for k, mean in means.items() if mean == first] if len(means) > 1 else []

"""Scores of rows from elsewhere, against their definitions."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bayesdrop import metrics

scores = st.lists(st.integers(0, 6).map(float), min_size=1, max_size=30)


@settings(max_examples=30, deadline=None)
@given(scores, scores)
def test_areas_by_their_definitions(inside: list[float], outside: list[float]) -> None:
    pairs = [1.0 if o > i else 0.5 if o == i else 0.0 for o in outside for i in inside]
    assert metrics.auroc(inside, outside) == pytest.approx(np.mean(pairs))
    precision, recall = np.array([0.0]), np.array([0.0])
    for found, false in alarms(inside, outside):
        precision = np.append(precision, found / (found + false))
        recall = np.append(recall, found / len(outside))
    expected = np.sum(np.diff(recall) * precision[1:])
    assert metrics.aupr(inside, outside) == pytest.approx(expected)


@settings(max_examples=30, deadline=None)
@given(scores, scores, st.sampled_from([0.5, 0.95, 1.0]))
def test_false_alarms_when_enough_are_found(
    inside: list[float], outside: list[float], recall: float
) -> None:
    enough = (false for found, false in alarms(inside, outside) if found >= recall * len(outside))
    assert metrics.fpr95(inside, outside, recall) == pytest.approx(next(enough) / len(inside))


def alarms(inside: list[float], outside: list[float]) -> Iterator[tuple[int, int]]:
    """Rows outside and inside that score at least t, for every score t from the highest down."""
    for t in sorted({*inside, *outside}, reverse=True):
        yield sum(o >= t for o in outside), sum(i >= t for i in inside)


def test_by_hand() -> None:
    assert metrics.auroc([0, 1], [2, 3]) == metrics.aupr([0, 1], [2, 3]) == 1
    assert metrics.fpr95([0, 1], [2, 3]) == 0
    assert metrics.auroc([2, 3], [0, 1]) == 0
    assert metrics.fpr95([2, 3], [0, 1]) == 1
    assert metrics.auroc([1, 1], [1, 1]) == 0.5
    assert metrics.auroc([0, 1], [2, np.inf]) == metrics.aupr([0, 1], [2, np.inf]) == 1
    assert metrics.fpr95([np.inf, 1], [2, np.inf]) == 0.5


def test_refusals() -> None:
    with pytest.raises(ValueError, match="outside has no scores"):
        metrics.auroc([1.0], [])
    with pytest.raises(ValueError, match="inside is NaN for 1 of 2"):
        metrics.aupr([1.0, np.nan], [1.0])
    with pytest.raises(ValueError, match="outside is NaN for 1 of 2"):
        metrics.auroc([1.0], np.ma.array([1.0, 2.0], mask=[True, False]))
    with pytest.raises(ValueError, match="recall must lie in"):
        metrics.fpr95([1.0], [1.0], recall=0.0)

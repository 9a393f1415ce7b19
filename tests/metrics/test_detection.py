"""Scores of rows from elsewhere, against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from bayesdrop import metrics

scores = st.lists(st.integers(0, 6).map(float), min_size=1, max_size=30)


def labelled(inside: list[float], outside: list[float]) -> tuple[np.ndarray, np.ndarray]:
    return np.repeat([0, 1], [len(inside), len(outside)]), np.concatenate([inside, outside])


@settings(max_examples=30, deadline=None)
@given(scores, scores)
def test_areas_are_scikit_learns(inside: list[float], outside: list[float]) -> None:
    label, score = labelled(inside, outside)
    assert metrics.auroc(inside, outside) == pytest.approx(sk.roc_auc_score(label, score))
    assert metrics.aupr(inside, outside) == pytest.approx(sk.average_precision_score(label, score))


@settings(max_examples=30, deadline=None)
@given(scores, scores, st.sampled_from([0.5, 0.95, 1.0]))
def test_false_alarms_are_scikit_learns(
    inside: list[float], outside: list[float], recall: float
) -> None:
    false, found, _ = sk.roc_curve(*labelled(inside, outside), drop_intermediate=False)
    expected = false[np.argmax(found >= recall - 1e-12)]
    assert metrics.fpr95(inside, outside, recall) == pytest.approx(expected)


def test_by_hand() -> None:
    assert metrics.auroc([0, 1], [2, 3]) == metrics.aupr([0, 1], [2, 3]) == 1
    assert metrics.fpr95([0, 1], [2, 3]) == 0
    assert metrics.auroc([2, 3], [0, 1]) == 0
    assert metrics.fpr95([2, 3], [0, 1]) == 1
    assert metrics.auroc([1, 1], [1, 1]) == 0.5


def test_refusals() -> None:
    with pytest.raises(ValueError, match="outside has no scores"):
        metrics.auroc([1.0], [])
    with pytest.raises(ValueError, match="inside is NaN for 1 of 2"):
        metrics.aupr([1.0, np.nan], [1.0])
    with pytest.raises(ValueError, match="outside is NaN for 1 of 2"):
        metrics.auroc([1.0], np.ma.array([1.0, 2.0], mask=[True, False]))
    with pytest.raises(ValueError, match="recall must lie in"):
        metrics.fpr95([1.0], [1.0], recall=0.0)

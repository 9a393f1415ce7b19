"""The weights of a mixture: they fulfil the conditions of the best ones, whatever the scores."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from bayesdrop.posterior.comparing import mixture_weights
from bayesdrop.posterior.comparing.mixture_weights import best_weights


def assert_best(log_scores: NDArray, weights: NDArray) -> None:
    """No fit's density over the mixture's has a mean above 1: the Karush-Kuhn-Tucker conditions."""
    density = np.exp(log_scores - log_scores.max(1, keepdims=True))
    assert weights.min() >= 0
    assert weights.sum() == pytest.approx(1, abs=1e-12)
    assert (density / (density @ weights)[:, None]).mean(0).max() <= 1 + 1e-8


def test_a_row_that_one_fit_cannot_explain_keeps_the_other() -> None:
    """The second fit is worse on all rows but one, where the first is off by 50 nats."""
    scores = np.random.default_rng(0).normal(size=(100, 2)) - [0, 5]
    scores[3] = [-50, 0]
    found = best_weights(scores)
    grid = np.linspace(0, 1, 10_001)[1:-1]
    score = np.log(np.exp(scores) @ np.array([1 - grid, grid])).mean(0)
    assert found[1] == pytest.approx(grid[score.argmax()], abs=1e-4)
    assert found[1] == pytest.approx(0.0102, abs=1e-4)
    assert_best(scores, found)


@given(
    rows=st.sampled_from([1, 2, 20, 300]),
    fits=st.sampled_from([2, 3, 12]),
    spread=st.floats(-4, 3),
    apart=st.floats(-2, 2),
    impossible=st.sampled_from([0.0, 0.1]),
    twins=st.booleans(),
    seed=st.integers(0, 2**32 - 1),
)
def test_no_other_weights_are_better(
    rows: int, fits: int, spread: float, apart: float, impossible: float, twins: bool, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    scores = 10**spread * rng.standard_t(2, size=(rows, fits)) + 10**apart * rng.normal(size=fits)
    if twins:
        scores[:, 1] = scores[:, 0]
    scores[:, 1:][rng.random((rows, fits - 1)) < impossible] = -np.inf
    assert_best(scores, best_weights(scores))


@pytest.mark.parametrize("score", [-np.inf, np.nan, np.inf])
def test_a_row_that_no_mixture_can_be_scored_at_is_named(score: float) -> None:
    scores = np.zeros((5, 2))
    scores[3] = score
    with pytest.raises(ValueError, match=rf"row 3 has the log densities {score:g}, {score:g}"):
        best_weights(scores)
    scores[3, 1] = 0.0
    if score == -np.inf:
        assert_best(scores, best_weights(scores))


def test_weights_that_are_not_the_best_are_not_returned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mixture_weights, "_newton", lambda ratio: np.array([0.5, 0.5]))
    with pytest.raises(ArithmeticError, match="no best weights were found"):
        best_weights(np.array([[0.0, -1.0]]))

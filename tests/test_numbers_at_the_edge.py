"""Whatever the numbers and what they come in: the result is right, or refused in words.

What is right is known in extended precision, which has 15 digits more of exponent than float64, so
that nothing overflows or underflows in it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import edge_cases
import linear
import numpy as np
import pytest
from edge_cases import Case
from hypothesis import given, settings

import bayesdrop as bd

WIDE = np.longdouble
REFUSALS = ("constant", "beyond float64", "methods take numbers up to", "differences are lost")

pytestmark = pytest.mark.skipif(
    np.finfo(WIDE).maxexp <= np.finfo(np.float64).maxexp, reason="long double is float64 here"
)


@dataclass(frozen=True)
class Mode(bd.Inference):
    """The posterior mean of the linear network, in closed form."""

    def supports(self, model: bd.Model) -> str | None:
        return None

    def run(self, bound: Any, data: bd.TrainingData, seed: int, progress: Any) -> bd.Fit:
        rows = data.X_standardised.astype(np.float64), data.y_standardised.astype(np.float64)
        mean = ridge(*rows).astype(np.float32)[None, None]
        return bd.Fit(bd.WeightDraws({"weight_0": mean[:, :, :-1], "bias_0": mean[:, :, -1]}))


def ridge(X: Any, y: Any) -> Any:
    """The posterior mean of weights and bias, by a factor that is stable in any unit."""
    deviations = [linear.BASE_SCALE] * X.shape[1] + [linear.BIAS_SCALE]
    design = np.column_stack([X, np.ones(len(X))]) / linear.NOISE_SCALE
    q, r = np.linalg.qr(np.concatenate([design, np.diag(1 / np.array(deviations))]))
    return np.linalg.solve(r, q[: len(X)].T @ y / linear.NOISE_SCALE)


@pytest.mark.parametrize("count", [100, pytest.param(1000, marks=pytest.mark.slow)])
def test_right_or_refused(count: int, caplog: pytest.LogCaptureFixture) -> None:
    tally: Counter[str] = Counter()

    @settings(max_examples=count, deadline=None, derandomize=True)
    @given(case=edge_cases.cases())
    def each(case: Case) -> None:
        tally[check(case, caplog)] += 1

    each()
    print(f"\n{count} data sets: {dict(tally)}")
    assert tally["right"] > count / 2
    assert tally["refused"] > count / 10


X, Y = linear.data(rows=30, features=3)
EDGES: dict[str, tuple[Any, Any]] = {
    "squares that overflow": (1e160 * X, Y),
    "squares that vanish": (1e-200 * X, Y),
    "differences that overflow": (np.where(np.quantile(X, 0.8, axis=0) < X, 1.7e308, -1.7e308), Y),
    "numbers of few digits": (1e-320 * X, Y),
    "a target whose squares vanish": (X, 1e-170 * Y),
    "a target whose squares overflow": (X, 1e160 * Y),
    "a small target": (X, 1e-99 * Y),
    "differences near rounding": (1e9 + 1e-2 * X, Y),
    "differences below rounding": (1e9 + 1e-5 * X, Y),
    "a target below rounding": (X, 1e9 + 1e-6 * Y),
}


@pytest.mark.parametrize("name", EDGES)
@pytest.mark.parametrize("standardize", [True, False])
def test_known_edges(name: str, standardize: bool, caplog: pytest.LogCaptureFixture) -> None:
    X, y = EDGES[name]
    check(Case(X, y, X, y, standardize), caplog)


def check(case: Case, caplog: pytest.LogCaptureFixture) -> str:
    """The fit, the predictions and the score are those of extended precision, or are refused.

    Returns which of the two, or that the case is too near to a limit to say.
    """
    caplog.clear()
    X, y = case.X.astype(WIDE), case.y.reshape(len(case.y), -1).astype(WIDE)
    if near_a_limit(X) or near_a_limit(y):
        return "near a limit"
    estimator = bd.Regressor(linear.model(), Mode(), standardize=case.standardize)
    if must_be_refused(X, y, case.standardize):
        with pytest.raises(ValueError, match="|".join(REFUSALS)):
            estimator.fit(case.held_X, case.held_y)
        return "refused"
    estimator.fit(case.held_X, case.held_y)
    posterior = estimator.posterior_
    inputs, _, spread = scaled(X, case.standardize in (True, "X"))
    left_out = np.flatnonzero(np.isinf(spread))
    said = posterior.diagnose().warnings.get("constant columns", "")
    assert [name for name in posterior.feature_names if repr(name) in said] == [
        posterior.feature_names[column] for column in left_out
    ]
    assert (said in caplog.text) if said else ("one value" not in caplog.text)

    target, shift, scale = scaled(y, case.standardize in (True, "y"))
    weights = ridge(inputs.astype(np.float64), target.astype(np.float64)).astype(WIDE)
    f = inputs @ weights[:-1] + weights[-1]
    terms = np.abs(inputs) @ np.abs(weights[:-1]) + np.abs(weights[-1])
    expected, size = shift + scale * f, scale * (1 + np.abs(f).max())
    predicted = estimator.predict(case.held_X)
    found, std = estimator.predict(case.held_X, return_std=True)
    assert np.isfinite(found).all()
    rounding = np.abs(shift) * 1e-15 + 1e-6 * scale * terms  # of float64, and float32
    close = np.abs(found.reshape(expected.shape) - expected) <= 1e-4 * size + rounding
    assert close.all(), (found, expected)
    np.testing.assert_array_equal(predicted, found)
    np.testing.assert_allclose(
        std.reshape(expected.shape).astype(WIDE) / (scale * linear.NOISE_SCALE), 1, rtol=1e-4
    )
    left = ((y - found.reshape(y.shape)) ** 2).sum(0) / ((y - y.mean(0)) ** 2).sum(0)
    assert estimator.score(case.held_X, case.held_y) == pytest.approx(
        float(np.mean(1 - left)), rel=1e-6, abs=1e-6
    )
    return "right"


def scaled(columns: Any, standardised: bool) -> tuple[Any, Any, Any]:
    """The columns in float32, as methods see them, and their shifts and scales."""
    shift, scale = np.zeros(columns.shape[1], WIDE), np.ones(columns.shape[1], WIDE)
    if standardised:
        shift = columns.mean(0)
        scale = np.where(is_constant(columns), np.inf, columns.std(0))
    return ((columns - shift) / scale).astype(np.float32).astype(WIDE), shift, scale


def is_constant(columns: Any) -> Any:
    """Say of every column whether the documentation calls it constant."""
    return (relative_spread(columns) <= 1e-12) | (columns.std(0) <= np.finfo(np.float64).tiny)


def relative_spread(columns: Any) -> Any:
    """The standard deviation as a share of the largest number; 0 of a column of zeros."""
    largest = np.abs(columns).max(0)
    return columns.std(0) / np.where(largest == 0, 1, largest)


def near_a_limit(columns: Any) -> bool:
    """Say whether rounding may decide on which side of a limit the columns are."""
    spread, largest = columns.std(0), np.abs(columns).max(0)
    span = np.ptp(columns, axis=0)
    lost = float32_error(columns) / np.where(span == 0, 1, span)
    measured = ((relative_spread(columns), 1e-12), (spread, 1e-100), (largest, 1e100))
    limits = (*measured, (largest, 1e15), (lost, 1e-2))
    return any(np.any(np.abs(value / limit - 1) < 0.01) for value, limit in limits)


def float32_error(columns: Any) -> Any:
    """The largest error of float32, of every column."""
    with np.errstate(over="ignore"):
        return np.abs(columns - columns.astype(np.float32)).max(0)


def must_be_refused(X: Any, y: Any, standardize: Any) -> bool:
    """Say whether the documentation says so."""
    spread, largest = y.std(0), np.abs(y).max(0)
    beyond = (largest > 1e100) | (spread < 1e-100)
    raw = [*([X] if standardize in (False, "y") else []), *([y] if standardize in (0, "X") else [])]
    lost = [
        (np.abs(columns).max(0) > 1e15) | (float32_error(columns) > 0.01 * np.ptp(columns, axis=0))
        for columns in raw
    ]
    return bool(np.any(is_constant(y) | beyond) or any(one.any() for one in lost))

"""The mixture's numerics against SciPy, scoringrules and closed forms."""

from __future__ import annotations

import math
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scoringrules
from scipy import integrate, optimize, stats

from bayesdrop.family import Normal, blocks
from bayesdrop.family import normal_mixture as mixture

SHAPE = (40, 5, 2)


def log_prob(loc: Any, scale: Any, y: Any) -> np.ndarray:
    return Normal().mixture_log_prob({"loc": loc, "scale": scale}, y)


def cdf(loc: Any, scale: Any, y: Any) -> np.ndarray:
    return Normal().mixture_cdf({"loc": loc, "scale": scale}, y)


FUNCTIONS: dict[str, Callable[..., np.ndarray]] = {
    "log_prob": log_prob,
    "cdf": cdf,
    "quantile": mixture.quantile,
    "crps": mixture.crps,
}


def components(
    kind: str, shape: tuple[int, int, int] = SHAPE
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """``loc, scale, y`` of a mixture that is easy or hard in the way ``kind`` says."""
    rng = np.random.default_rng(7)
    loc, y = rng.normal(size=shape), rng.normal(size=shape[1:])
    scale = np.broadcast_to(rng.uniform(0.4, 0.6, size=(shape[0], 1, shape[2])), shape)
    if kind == "one narrow":
        scale = scale.copy()
        scale[-1] = 1e-4
    elif kind == "many scales":
        scale = np.exp(rng.normal(0, 2, size=shape))
    elif kind == "runaway":
        loc[: shape[0] // 4] += 1e6
        loc[shape[0] // 4] -= 1e6
    elif kind == "runaway and wide":
        loc[0] += 1e6
        scale = scale.copy()
        scale[-1] = 1e6
    elif kind == "far from zero":
        loc, y = loc + 1e4, y + 1e4
    elif kind == "narrow":
        scale = np.full(shape, 1e-3)
    elif kind == "identical":
        loc = np.broadcast_to(loc[:1], shape)
        scale = np.broadcast_to(scale[:1], shape)
    return loc, scale, y


KINDS = (
    "alike",
    "one narrow",
    "many scales",
    "runaway",
    "runaway and wide",
    "far from zero",
    "narrow",
    "identical",
)


def spread(loc: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Standard deviation of the mixture."""
    return np.sqrt(loc.var(axis=0) + np.mean(scale**2, axis=0))


def crps_of_pairs(loc: np.ndarray, scale: np.ndarray, y: np.ndarray) -> np.ndarray:
    weights = np.full(loc.shape, 1 / len(loc))
    return np.asarray(scoringrules.crps_mixnorm(y, loc, scale, weights, m_axis=0, backend="numpy"))


@pytest.mark.parametrize("kind", KINDS)
def test_log_prob_is_the_log_of_the_mean_density(kind: str) -> None:
    loc, scale, y = components(kind)
    logs = stats.norm.logpdf(y, loc, scale)
    expected = np.logaddexp.reduce(logs, axis=0) - math.log(len(loc))
    np.testing.assert_allclose(log_prob(loc, scale, y), expected, rtol=1e-12, atol=1e-12)


def test_log_prob_is_exact_where_the_density_underflows() -> None:
    far = log_prob([[[0.0]], [[1.0]]], 1.0, [[1001.0]])
    expected = -0.5 * 1000**2 - 0.5 * math.log(2 * math.pi) - math.log(2)
    np.testing.assert_allclose(far, [[expected]], rtol=1e-14)


@pytest.mark.parametrize("kind", KINDS)
def test_cdf_is_the_mean_of_the_cdfs(kind: str) -> None:
    loc, scale, y = components(kind)
    expected = stats.norm.cdf(y, loc, scale).mean(axis=0)
    np.testing.assert_allclose(cdf(loc, scale, y), expected, rtol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("q", [0.01, 0.31, 0.94])
def test_quantile_is_the_root_that_brentq_finds(kind: str, q: float) -> None:
    loc, scale, _ = components(kind)
    found = mixture.quantile(loc, scale, q)
    assert found.shape == loc.shape[1:]
    for i, j in np.ndindex(found.shape):
        m, s = loc[:, i, j], scale[:, i, j]
        expected = optimize.brentq(
            lambda z, m=m, s=s: stats.norm.cdf(z, m, s).mean() - q,
            np.min(m - 9 * s),
            np.max(m + 9 * s),
            xtol=1e-12,
        )
        assert found[i, j] == pytest.approx(expected, rel=1e-13, abs=1e-8 * s.min())


@pytest.mark.parametrize("q", [1e-12, 1e-6, 0.5, 0.975, 1 - 1e-9])
def test_quantile_of_one_component_is_the_normal_quantile(q: float) -> None:
    loc, scale, _ = components("many scales", (1, 6, 2))
    expected = stats.norm.ppf(q, loc[0], scale[0])
    error = np.abs(mixture.quantile(loc, scale, q) - expected) / scale[0]
    assert np.max(error) < (1e-6 if q > 0.99 else 1e-9)  # 1 − q itself is rounded


def test_quantile_has_the_shape_of_q_first_and_is_infinite_at_the_ends() -> None:
    loc, scale, _ = components("alike")
    levels = np.array([[0.0, 0.2, 0.5], [0.7, 0.9, 1.0]])
    found = mixture.quantile(loc, scale, levels)
    assert found.shape == (2, 3, 5, 2)
    assert np.all(found[0, 0] == -np.inf)
    assert np.all(found[1, 2] == np.inf)
    np.testing.assert_array_equal(found[1, 0], mixture.quantile(loc, scale, 0.7))
    np.testing.assert_allclose(cdf(loc, scale, found[1, 1]), 0.9, rtol=1e-9)


@pytest.mark.parametrize("q", [-0.1, 1.1, math.nan, [0.5, 2.0]])
def test_quantile_refuses_what_is_no_probability(q: float | list[float]) -> None:
    loc, scale, _ = components("alike")
    with pytest.raises(ValueError, match=r"q must lie in \[0, 1\]"):
        mixture.quantile(loc, scale, q)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("draws", [1, 2, 40, 300])
def test_crps_is_the_exact_sum_over_pairs(kind: str, draws: int) -> None:
    loc, scale, y = components(kind, (draws, 5, 2))
    error = mixture.crps(loc, scale, y) - crps_of_pairs(loc, scale, y)
    assert np.max(np.abs(error) / spread(loc, scale)) < 1e-10


@pytest.mark.parametrize("pair_cost", [1e-9, 1e9], ids=["pairs", "grid"])
@pytest.mark.parametrize("kind", ["alike", "many scales", "runaway"])
def test_pairs_and_grid_give_the_same_crps(
    kind: str, pair_cost: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    loc, scale, y = components(kind, (40, 2, 1))
    expected = crps_of_pairs(loc, scale, y)
    monkeypatch.setattr(mixture, "_PAIR_COST", pair_cost)
    error = mixture.crps(loc, scale, y) - expected
    assert np.max(np.abs(error) / spread(loc, scale)) < 1e-12


def test_crps_is_the_integral_that_defines_it() -> None:
    loc, scale, y = components("alike", (3, 1, 1))

    def squared_gap(z: float) -> float:
        return (stats.norm.cdf(z, loc, scale).mean() - (z >= y.item())) ** 2

    expected, _ = integrate.quad(squared_gap, -9, 9, points=[y.item()], limit=200)
    assert mixture.crps(loc, scale, y).item() == pytest.approx(expected, abs=1e-7)


def test_crps_of_one_component_is_the_closed_form() -> None:
    value = mixture.crps([[[1.0]]], 2.0, [[1.0]]).item()
    assert value == pytest.approx(2.0 * (math.sqrt(2 / math.pi) - 1 / math.sqrt(math.pi)))


@pytest.mark.parametrize("name", ["log_prob", "cdf", "quantile", "crps"])
@pytest.mark.parametrize("block", [1, 200, 300])
def test_results_do_not_depend_on_the_blocks(
    name: str, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    loc, scale, y = components("many scales")
    function = FUNCTIONS[name]
    argument = 0.3 if name == "quantile" else y
    expected = function(loc, scale, argument)
    monkeypatch.setattr(blocks, "BLOCK", block)
    np.testing.assert_allclose(function(loc, scale, argument), expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", ["log_prob", "cdf", "quantile", "crps"])
def test_float32_parameters_are_computed_in_float64(name: str) -> None:
    loc, scale, y = components("far from zero")
    single = loc.astype(np.float32), scale.astype(np.float32)
    function = FUNCTIONS[name]
    argument = 0.3 if name == "quantile" else y
    expected = function(*(a.astype(np.float64) for a in single), argument)
    found = function(*single, argument)
    assert found.dtype == np.float64
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    ("name", "shape", "scale"),
    [
        ("log_prob", (500, 10_000, 1), 0.5),
        ("cdf", (500, 10_000, 1), 0.5),
        ("quantile", (2_000, 200, 1), 0.5),
        ("crps", (3_000, 1, 1), 1e-4),
        ("crps", (4_000, 1, 1), 0.02),
    ],
    ids=["log_prob", "cdf", "quantile", "crps of pairs", "crps on a grid"],
)
def test_temporaries_stay_small(name: str, shape: tuple[int, int, int], scale: float) -> None:
    loc = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    argument = 0.3 if name == "quantile" else np.zeros(shape[1:])
    function = FUNCTIONS[name]
    tracemalloc.start()
    try:
        function(loc, np.broadcast_to(scale, shape), argument)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 16e6


@pytest.mark.parametrize(
    ("loc", "scale", "y", "message"),
    [
        (np.zeros((3, 2)), 1.0, np.zeros(2), r"must have shape \(draws, rows, outputs\)"),
        (np.zeros((0, 2, 1)), 1.0, np.zeros((2, 1)), r"must have shape \(draws, rows,"),
        (np.zeros((3, 2, 1)), 1.0, np.zeros(2), r"y must have shape .* \(2, 1\), not \(2,\)"),
        (np.zeros((3, 2, 1)), np.ones((2, 3, 1)), np.zeros((2, 1)), "broadcast"),
        (np.full((3, 2, 1), np.nan), 1.0, np.zeros((2, 1)), "loc holds NaN"),
        (np.full((3, 2, 1), np.inf), 1.0, np.zeros((2, 1)), "loc holds NaN or infinite"),
        (np.zeros((3, 2, 1)), 0.0, np.zeros((2, 1)), "scale must be positive"),
        (np.zeros((3, 2, 1)), np.nan, np.zeros((2, 1)), "scale must be positive"),
    ],
)
@pytest.mark.parametrize("name", ["log_prob", "cdf", "crps"])
def test_bad_input_is_refused(
    name: str, loc: np.ndarray, scale: float, y: np.ndarray, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        FUNCTIONS[name](loc, scale, y)


@pytest.mark.slow
def test_crps_of_1000_draws_and_1000_rows_is_that_of_its_rows_a_few_at_a_time() -> None:
    """Their 500,000 pairs of draws a row would be 4 GB at once."""
    loc, scale, y = components("alike", (1000, 1000, 1))
    tracemalloc.start()
    try:
        found = mixture.crps(loc, scale, y)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 64e6
    for row in (0, 500, 999):
        at = slice(row, row + 1)
        np.testing.assert_allclose(
            found[at], mixture.crps(loc[:, at], scale[:, at], y[at]), rtol=1e-9
        )

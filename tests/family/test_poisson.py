"""Mixtures of Poissons against SciPy and sums over every count."""

from __future__ import annotations

import functools

import numpy as np
import pytest
import scoringrules
from numpy.typing import NDArray
from scipy import stats

from bayesdrop.family import Poisson, blocks

FAMILY = Poisson()
SHAPE = (30, 4, 2)
Array = NDArray[np.float64]


def components(kind: str) -> tuple[dict[str, Array], Array]:
    rng = np.random.default_rng(3)
    rate = {
        "small": rng.gamma(2, 2, SHAPE),
        "nearly zero": np.exp(rng.normal(-12, 3, SHAPE)),
        "many sizes": np.exp(rng.normal(2, 2.5, SHAPE)),
        "large": rng.normal(1e4, 200, SHAPE),
        "two clusters": np.where(np.arange(30)[:, None, None] < 9, 3.0, 5e3)
        * rng.gamma(9, 1, SHAPE),
        "identical": np.full(SHAPE, 7.3),
    }[kind]
    return {"rate": rate}, rng.poisson(rate[-1]).astype(np.float64)


KINDS = ("small", "nearly zero", "many sizes", "large", "two clusters", "identical")


@functools.cache
def table(kind: str, *i: int) -> Array:
    """F(k) of one of the mixtures for every k that has mass."""
    rate = components(kind)[0]["rate"][:, *i]
    k = np.arange(int(rate.max() + 20 * np.sqrt(rate.max()) + 60))
    return np.mean([stats.poisson.cdf(k, each) for each in rate], axis=0)


@pytest.mark.parametrize("kind", KINDS)
def test_log_prob_and_cdf(kind: str) -> None:
    p, y = components(kind)
    log_mass = stats.poisson.logpmf(y, p["rate"])
    np.testing.assert_allclose(FAMILY.log_prob(p, y), log_mass, rtol=1e-8, atol=1e-8)
    expected = np.logaddexp.reduce(log_mass, axis=0) - np.log(SHAPE[0])
    np.testing.assert_allclose(FAMILY.mixture_log_prob(p, y), expected, rtol=1e-8, atol=1e-8)
    cdf = stats.poisson.cdf(y, p["rate"]).mean(0)
    for shift in (0.0, 0.7):
        np.testing.assert_allclose(FAMILY.mixture_cdf(p, y + shift), cdf, rtol=1e-10)
    np.testing.assert_array_equal(FAMILY.mixture_cdf(p, np.full_like(y, -1)), 0)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("q", [0.0, 1e-9, 0.05, 0.5, 0.95, 1 - 1e-9])
def test_quantile_is_the_least_count_whose_cdf_reaches_it(kind: str, q: float) -> None:
    p, _ = components(kind)
    found = FAMILY.mixture_quantile(p, np.asarray(q))
    for i in np.ndindex(2, 2):
        cdf, k = np.append(table(kind, *i), 0.0), int(found[i])  # cdf[-1] is 0
        assert cdf[k] >= q - 1e-14
        assert cdf[k - 1] < q + 1e-14


def test_quantile_has_the_shape_of_q_first() -> None:
    p, _ = components("small")
    found = FAMILY.mixture_quantile(p, np.array([[0.1, 0.9, 1.0]]))
    assert found.shape == (1, 3, *SHAPE[1:])
    assert np.all(np.isinf(found[0, 2]))


@pytest.mark.parametrize("kind", KINDS)
def test_crps_is_the_sum_that_defines_it(kind: str) -> None:
    p, y = components(kind)
    found = FAMILY.mixture_crps(p, y)
    for i in np.ndindex(3, 2):
        cdf = table(kind, *i)
        expected = np.sum((cdf - (np.arange(len(cdf)) >= y[i])) ** 2)
        assert found[i] == pytest.approx(expected, rel=1e-9, abs=1e-15)


def test_crps_of_one_component_is_that_of_scoringrules() -> None:
    rate, y = np.geomspace(0.01, 100, 40), np.arange(40.0) * 2
    found = FAMILY.mixture_crps({"rate": rate.reshape(1, 40, 1)}, y[:, None])[:, 0]
    expected = scoringrules.crps_poisson(y, rate, backend="numpy")
    np.testing.assert_allclose(found, expected, rtol=1e-8)


def test_rates_of_a_million_do_not_overflow() -> None:
    """Close to the normal of that mean and variance, from which skewness 1e-3 parts it."""
    rate = np.full((5, 3, 1), 1e6)
    y = np.array([[1e6], [0.0], [2e6]])
    found = FAMILY.mixture_crps({"rate": rate}, y)
    expected = scoringrules.crps_normal(y[:, 0], 1e6, 1e3, backend="numpy")
    np.testing.assert_allclose(found[:, 0], expected, rtol=1e-5)
    low, high = FAMILY.mixture_quantile({"rate": rate}, np.array([0.05, 0.95]))[..., 0, 0]
    assert (low, high) == tuple(stats.poisson.ppf([0.05, 0.95], 1e6))
    np.testing.assert_allclose(
        FAMILY.mixture_log_prob({"rate": rate}, y)[:, 0], stats.poisson.logpmf(y[:, 0], 1e6)
    )


def test_the_largest_rate_of_the_likelihood() -> None:
    p = {"rate": np.full((3, 1, 1), np.exp(40.0))}
    y = np.array([[np.round(np.exp(40.0))]])
    assert np.isfinite(FAMILY.mixture_crps(p, y)).all()
    assert np.isfinite(FAMILY.mixture_quantile(p, np.array([0.5]))).all()
    assert FAMILY.sample(p, np.random.default_rng(0)).shape == (3, 1, 1)


@pytest.mark.parametrize("name", ["mixture_log_prob", "mixture_cdf", "mixture_crps"])
def test_results_do_not_depend_on_the_blocks(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    p, y = components("many sizes")
    expected = getattr(FAMILY, name)(p, y)
    monkeypatch.setattr(blocks, "BLOCK", 30)
    np.testing.assert_allclose(getattr(FAMILY, name)(p, y), expected, rtol=1e-12)


def test_samples_are_counts_with_the_moments() -> None:
    drawn = FAMILY.sample({"rate": np.full((20_000, 1, 1), 2.5)}, np.random.default_rng(0))
    assert drawn.dtype == np.int64
    assert drawn.mean() == pytest.approx(2.5, abs=0.06)
    assert drawn.var() == pytest.approx(2.5, abs=0.15)

"""Mixtures of negative binomials against SciPy, scoringrules and sums over every count."""

from __future__ import annotations

import numpy as np
import pytest
import scoringrules
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from bayesdrop.family import NegativeBinomial, Parameters, Poisson

FAMILY = NegativeBinomial()
SHAPE = (10, 2, 2)
Array = NDArray[np.float64]


def components(kind: str) -> tuple[Parameters, Array]:
    rng = np.random.default_rng(3)
    mean = np.exp(rng.normal(1.5, 1.0, SHAPE))
    dispersion = {
        "usual": rng.gamma(2, 0.3, SHAPE),
        "nearly Poisson": np.exp(rng.normal(-6, 1, SHAPE)),
        "about the series": rng.uniform(0.09, 0.11, SHAPE),
        "large": rng.gamma(4, 0.7, SHAPE),
    }[kind]
    p = {"mean": mean, "dispersion": dispersion}
    return p, np.round(mean[-1] * rng.gamma(2, 0.5, SHAPE[1:]))


KINDS = ("usual", "nearly Poisson", "about the series", "large")


def frozen(p: Parameters) -> stats.rv_discrete:
    size = 1 / p["dispersion"]
    return stats.nbinom(size, size / (size + p["mean"]))


@pytest.mark.parametrize("kind", KINDS)
def test_log_prob_cdf_and_moments(kind: str) -> None:
    p, y = components(kind)
    expected = frozen(p)
    log_mass = expected.logpmf(y)
    np.testing.assert_allclose(FAMILY.log_prob(p, y), log_mass, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(FAMILY.cdf(p, y + 0.7), expected.cdf(y), rtol=1e-9)
    np.testing.assert_array_equal(FAMILY.cdf(p, np.full_like(y, -1)), 0)
    np.testing.assert_allclose(FAMILY.mean(p), expected.mean(), rtol=1e-9)
    np.testing.assert_allclose(FAMILY.variance(p), expected.var(), rtol=1e-9)
    mixture = np.logaddexp.reduce(log_mass, axis=0) - np.log(SHAPE[0])
    np.testing.assert_allclose(FAMILY.mixture_log_prob(p, y), mixture, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_quantiles_and_crps_are_what_defines_them(kind: str) -> None:
    p, y = components(kind)
    k = np.arange(6000)
    quantiles = FAMILY.mixture_quantile(p, np.array([0.05, 0.5, 0.95]))
    crps = FAMILY.mixture_crps(p, y)
    for i in np.ndindex(*SHAPE[1:]):
        one = {name: value[:, *i, None] for name, value in p.items()}
        cdf = frozen(one).cdf(k).mean(0)
        np.testing.assert_array_equal(
            quantiles[:, *i], [np.argmax(cdf >= q) for q in (0.05, 0.5, 0.95)]
        )
        assert crps[i] == pytest.approx(np.sum((cdf - (k >= y[i])) ** 2), rel=1e-7)


def test_crps_of_one_component_is_that_of_scoringrules() -> None:
    mean, y = np.geomspace(0.1, 50, 12), np.arange(12.0) * 2
    p = {"mean": mean.reshape(1, 12, 1), "dispersion": np.full((1, 12, 1), 0.6)}
    size = 1 / 0.6
    expected = scoringrules.crps_negbinom(y, size, size / (size + mean), backend="numpy")
    np.testing.assert_allclose(FAMILY.mixture_crps(p, y[:, None])[:, 0], expected, rtol=1e-6)


@given(st.floats(-12, -7), st.floats(-3, 5), st.integers(0, 300))
def test_without_dispersion_it_is_poisson(log_dispersion: float, log_mean: float, y: int) -> None:
    """They differ by (y − mean)² − y times half the dispersion, to first order."""
    dispersion, mean = 10.0**log_dispersion, np.exp(log_mean)
    p = {"mean": np.full((1, 1, 1), mean), "dispersion": np.full((1, 1, 1), dispersion)}
    target = np.full((1, 1), float(y))
    poisson = Poisson().log_prob({"rate": p["mean"]}, target)
    apart = 0.5 * dispersion * ((y - mean) ** 2 - y)
    np.testing.assert_allclose(FAMILY.log_prob(p, target), poisson + apart, rtol=1e-8, atol=1e-7)
    np.testing.assert_allclose(
        FAMILY.cdf(p, target), Poisson().cdf({"rate": p["mean"]}, target), atol=1e-3
    )


def test_float32_has_its_digits_where_the_dispersion_is_small() -> None:
    """The difference of log Γ(1e6 + y) and log Γ(1e6) alone would be off by 1."""
    mean, y = np.full((1, 3, 1), 4.0), np.array([[0.0], [3.0], [12.0]])
    p = {"mean": mean, "dispersion": np.full((1, 3, 1), 1e-6)}
    narrow = {name: value.astype(np.float32) for name, value in p.items()}
    found = FAMILY.log_prob(narrow, y.astype(np.float32))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, FAMILY.log_prob(p, y), atol=1e-5)


@pytest.mark.parametrize(("mean", "dispersion"), [(900.0, 3.0), (5000.0, 0.2), (3.0, 400.0)])
def test_long_tails_are_summed_as_far_as_they_reach(mean: float, dispersion: float) -> None:
    """Beyond the first few thousand counts by an integral, and quantiles by bisection."""
    p = {"mean": np.full((2, 1, 1), mean), "dispersion": np.full((2, 1, 1), dispersion)}
    y = np.array([[round(mean)]], dtype=np.float64)
    k = np.arange(400_000)
    cdf = stats.nbinom(1 / dispersion, 1 / (1 + dispersion * mean)).cdf(k)
    expected = np.sum((cdf - (k >= y)) ** 2)
    assert FAMILY.mixture_crps(p, y).item() == pytest.approx(expected, rel=1e-7)
    levels = np.array([0.1, 0.9, 0.995])
    np.testing.assert_array_equal(
        FAMILY.mixture_quantile(p, levels)[:, 0, 0], [np.argmax(cdf >= q) for q in levels]
    )


def test_quantiles_at_the_ends_are_infinite() -> None:
    p, _ = components("usual")
    found = FAMILY.mixture_quantile(p, np.array([0.0, 1.0]))
    assert found.shape == (2, *SHAPE[1:])
    assert np.all(np.isinf(found[1]))


def test_samples_are_counts_with_the_moments() -> None:
    shape = (40_000, 1, 1)
    p = {"mean": np.full(shape, 3.0), "dispersion": np.full(shape, 0.5)}
    drawn = FAMILY.sample(p, np.random.default_rng(0))
    assert drawn.dtype == np.int64
    assert drawn.mean() == pytest.approx(3.0, abs=0.08)
    assert drawn.var() == pytest.approx(7.5, abs=0.5)
    huge = {"mean": np.full((3, 1, 1), np.exp(40.0)), "dispersion": np.full((3, 1, 1), 100.0)}
    assert FAMILY.sample(huge, np.random.default_rng(0)).shape == (3, 1, 1)


def test_parameters_out_of_range_are_refused() -> None:
    p, y = components("usual")
    with pytest.raises(ValueError, match="dispersion must be positive and finite"):
        FAMILY.mixture_crps({**p, "dispersion": 0 * p["dispersion"]}, y)

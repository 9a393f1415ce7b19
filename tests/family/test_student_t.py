"""Mixtures of Student's t against SciPy, quadrature and closed forms."""

from __future__ import annotations

import itertools
import tracemalloc
from typing import Any

import numpy as np
import pytest
import scoringrules
from scipy import integrate, stats

from bayesdrop.family import StudentT, blocks
from bayesdrop.family import student_t_mixture as mixture

FAMILY = StudentT()
SHAPE = (12, 3, 2)


def components(kind: str, shape: tuple[int, int, int] = SHAPE) -> tuple[dict[str, Any], Any]:
    """Parameters and targets that are easy or hard in the way ``kind`` says."""
    rng = np.random.default_rng(7)
    loc, y = rng.normal(size=shape), rng.normal(size=shape[1:])
    scale = np.broadcast_to(rng.uniform(0.4, 0.6, size=(shape[0], 1, shape[2])), shape).copy()
    df = np.full(shape, 4.0)
    if kind == "heavy tails":
        df[:] = 1.01
    elif kind == "nearly normal":
        df[:] = 1e6
    elif kind == "df of their own":
        df = rng.uniform(1.1, 30, size=shape)
    elif kind == "many scales":
        scale, df = np.exp(rng.normal(0, 1.5, size=shape)), np.full(shape, 3.3)
    elif kind == "one narrow":
        scale[0] = 1e-4
    elif kind == "runaway":
        loc[0] += 1e4
    elif kind == "far target":
        y = y + 1e5
    elif kind == "identical":
        loc = np.broadcast_to(loc[:1], shape)
        scale = np.broadcast_to(scale[:1], shape)
    return {"df": df, "loc": loc, "scale": scale}, y


KINDS = (
    "alike",
    "heavy tails",
    "nearly normal",
    "df of their own",
    "many scales",
    "one narrow",
    "runaway",
    "far target",
    "identical",
)


def frozen(p: dict[str, Any]) -> Any:
    return stats.t(p["df"], p["loc"], p["scale"])


def crps_by_quadrature(p: dict[str, Any], y: float) -> float:
    """∫ (F(x) − 1{x ≥ y})² dx of one mixture; half of each line in a variable of its own."""

    def cdf(x: float) -> float:
        return float(stats.t.cdf((x - p["loc"]) / p["scale"], p["df"]).mean())

    low, high = min(p["loc"].min(), y) - 5, max(p["loc"].max(), y) + 5
    close = p["loc"] + np.multiply.outer([-30.0, -3.0, 0.0, 3.0, 30.0], p["scale"])
    breaks = np.unique(np.append(close[(close > low) & (close < high)], y))
    options: dict[str, Any] = {"epsabs": 0, "epsrel": 1e-10, "limit": 2000}
    ends = np.array([low, *breaks, high])
    middle = sum(
        integrate.quad(lambda x: (cdf(x) - (x >= y)) ** 2, a, b, epsabs=1e-13, epsrel=1e-10)[0]
        for a, b in itertools.pairwise(ends)
        if b > a
    )
    left = integrate.quad(lambda x: cdf(x) ** 2, -np.inf, low, **options)[0]
    right = integrate.quad(lambda x: (1 - cdf(x)) ** 2, high, np.inf, **options)[0]
    return float(left + middle + right)


@pytest.mark.parametrize("kind", KINDS)
def test_log_prob_and_cdf(kind: str) -> None:
    p, y = components(kind)
    log_pdf = frozen(p).logpdf(y)
    np.testing.assert_allclose(FAMILY.log_prob(p, y), log_pdf, rtol=1e-8, atol=1e-8)
    expected = np.logaddexp.reduce(log_pdf, axis=0) - np.log(SHAPE[0])
    np.testing.assert_allclose(FAMILY.mixture_log_prob(p, y), expected, rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(FAMILY.mixture_cdf(p, y), frozen(p).cdf(y).mean(0), rtol=1e-10)


def test_log_prob_far_out_is_finite() -> None:
    p, y = components("alike")
    found = FAMILY.mixture_log_prob(p, np.full_like(y, 1e200))
    tail = frozen(p).logpdf(1e100).mean()
    assert np.all(np.isfinite(found))
    np.testing.assert_allclose(found, tail - 5 * 100 * np.log(10), rtol=1e-3)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("q", [1e-9, 0.01, 0.5, 0.9, 1 - 1e-6])
def test_quantile_inverts_the_cdf(kind: str, q: float) -> None:
    p, _ = components(kind)
    found = FAMILY.mixture_quantile(p, np.asarray(q))
    np.testing.assert_allclose(FAMILY.mixture_cdf(p, found), q, rtol=1e-5)


def test_quantile_of_one_component_and_of_cauchys() -> None:
    p = {"df": np.ones((1, 1, 1)), "loc": np.full((1, 1, 1), 3.0), "scale": np.full((1, 1, 1), 2.0)}
    q = np.array([0.0, 1e-12, 0.3, 0.999, 1.0])
    np.testing.assert_allclose(FAMILY.mixture_quantile(p, q)[:, 0, 0], stats.cauchy.ppf(q, 3, 2))


@pytest.mark.parametrize("kind", KINDS)
def test_crps_is_the_integral_that_defines_it(kind: str) -> None:
    p, y = components(kind)
    found = FAMILY.mixture_crps(p, y)
    for i in np.ndindex(1, 2):
        own = {name: value[:, *i] for name, value in p.items()}
        assert found[i] == pytest.approx(crps_by_quadrature(own, y[i]), rel=1e-8)


def test_crps_of_one_component_is_that_of_scoringrules() -> None:
    rng = np.random.default_rng(0)
    df, loc, scale = rng.uniform(1.2, 20, 50), rng.normal(size=50), rng.uniform(0.1, 3, 50)
    p = {n: v.reshape(1, 50, 1) for n, v in (("df", df), ("loc", loc), ("scale", scale))}
    y = rng.normal(size=50)
    expected = scoringrules.crps_t(y, df, loc, scale, backend="numpy")
    np.testing.assert_allclose(FAMILY.mixture_crps(p, y[:, None])[:, 0], expected, rtol=1e-10)


@pytest.mark.parametrize("nodes", [12, 24])
@pytest.mark.parametrize("kind", KINDS)
def test_the_quadrature_has_converged(
    kind: str, nodes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    p, y = components(kind, (200, 1, 1))
    expected = FAMILY.mixture_crps(p, y)
    monkeypatch.setattr(mixture, "_NODES", nodes)
    np.testing.assert_allclose(FAMILY.mixture_crps(p, y), expected, rtol=1e-9)


@pytest.mark.parametrize("df", [2.0, 4.0, 8.0, 20.0])
def test_the_closed_form_of_the_cdf(df: float) -> None:
    z = np.concatenate([np.linspace(-9, 9, 101), [-1e30, -1e8, 1e8, 1e30]])
    found = mixture._cdf(z[:, None] + np.zeros(3), np.full(3, df))
    np.testing.assert_allclose(found[:, 0], stats.t.cdf(z, df), rtol=0, atol=4e-16)


@pytest.mark.parametrize("df", [0.5, 1.0])
def test_crps_without_a_mean_says_why(df: float) -> None:
    p, y = components("alike")
    p["df"][3] = df
    with pytest.raises(ValueError, match=rf"needs df > 1, and the smallest is {df:g}.*infinite"):
        FAMILY.mixture_crps(p, y)


def test_variance_is_infinite_up_to_df_2() -> None:
    df = np.array([0.5, 1.0, 2.0, 2.5, 4.0, 1e6])
    p = {"df": df, "loc": np.zeros(6), "scale": np.full(6, 2.0)}
    np.testing.assert_allclose(FAMILY.variance(p), [np.inf] * 3 + [20.0, 8.0, 4.0], rtol=1e-5)


def test_samples_follow_the_distribution() -> None:
    shape = (20_000, 1, 1)
    p = {"df": np.full(shape, 3.0), "loc": np.full(shape, 1.0), "scale": np.full(shape, 2.0)}
    drawn = FAMILY.sample(p, np.random.default_rng(0))
    assert drawn.shape == shape
    assert stats.kstest(drawn.ravel(), stats.t(3, 1, 2).cdf).pvalue > 1e-3


@pytest.mark.parametrize("name", ["mixture_log_prob", "mixture_cdf", "mixture_crps"])
def test_results_do_not_depend_on_the_blocks(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    p, y = components("many scales")
    expected = getattr(FAMILY, name)(p, y)
    monkeypatch.setattr(blocks, "BLOCK", 30)
    np.testing.assert_allclose(getattr(FAMILY, name)(p, y), expected, rtol=1e-10)


@pytest.mark.parametrize(
    ("name", "shape"),
    [("mixture_log_prob", (500, 4_000, 1)), ("mixture_crps", (20_000, 1, 1))],
)
def test_temporaries_stay_small(name: str, shape: tuple[int, int, int]) -> None:
    loc = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    p = {"loc": loc, "scale": np.broadcast_to(0.5, shape), "df": np.broadcast_to(4.0, shape)}
    tracemalloc.start()
    try:
        getattr(FAMILY, name)(p, np.zeros(shape[1:]))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 20e6


@pytest.mark.parametrize(("name", "value"), [("df", 0.0), ("df", np.inf), ("scale", -1.0)])
def test_bad_parameters_are_refused(name: str, value: float) -> None:
    p, y = components("alike")
    p[name][0] = value
    with pytest.raises(ValueError, match=f"{name} must be positive and finite everywhere"):
        FAMILY.mixture_cdf(p, y)

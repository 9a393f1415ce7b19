"""``log_marginal``, own and by default, against mpmath to 1e-8 over 14 decades of |w|."""

from __future__ import annotations

import math
from itertools import product

import marginals
import numpy as np
import pytest
from mpmath import mp
from noises import Arcsine, Coin, HalfStudent, Kumaraswamy, Logistic
from numpy.typing import NDArray
from quick import quick
from scipy import integrate, stats

from bayesdrop import noise as bd
from bayesdrop.noise import Learned, Noise

NOISES: list[Noise] = [
    bd.Beta(0.3, 0.2),
    bd.Beta(5.0, 0.1),
    bd.Beta(2.0, 0.1),
    bd.Beta(1.05, 3.0),
    bd.Beta(2.0, 3.0),
    bd.Gaussian(),
    bd.Gaussian(0.6),
    bd.Gaussian(0.5, mean=1.0),
    bd.Gaussian(0.05, mean=1.0),
    bd.Gaussian(2.0, mean=-0.7),
    bd.HalfCauchy(),
    bd.HalfCauchy(0.02),
    bd.HalfNormal(3.0),
    bd.InverseNakagami(3.0, 3.0),
    bd.InverseNakagami(20.0, 0.1),
    bd.InverseNakagami(0.8, 2.0),
    bd.LogUniform(1e-4, 1e3),
    bd.LogUniform(0.5, 0.6),
    bd.Rayleigh(),
    bd.Rayleigh(0.4),
    bd.RegularizedHalfCauchy(),
    bd.RegularizedHalfCauchy(0.01, 2.0),
    bd.RegularizedHalfCauchy(3.0, 0.5),
    bd.Uniform(0.0, 1.0),
    bd.Uniform(0.9, 1.1),
    bd.Uniform(-1.0, 2.0),
    bd.Uniform(0.999, 1.0),
    bd.Uniform(-3.0, -2.0),
    Arcsine(-1.0, 2.0),
    Arcsine(0.5, 0.8),
    HalfStudent(0.7),
    HalfStudent(3.0),
    Kumaraswamy(2.0, 0.5),
    Kumaraswamy(0.6, 0.4),
    Logistic(0.5, 0.6),
    Logistic(0.0, 2.0),
]
every_noise = pytest.mark.parametrize("noise", NOISES, ids=repr)
ONE_OF_A_CLASS = [*{type(noise): noise for noise in reversed(NOISES)}.values()]
TAKES_MPMATH_LONG = (Arcsine(-1.0, 2.0), Kumaraswamy(2.0, 0.5))
OTHER_WAYS = (  # of another support or without a pole, or short of the above
    bd.Beta(2.0, 3.0),
    bd.Gaussian(0.5, mean=1.0),
    bd.Uniform(0.9, 1.1),
    bd.Uniform(-1.0, 2.0),
)
EXACT = {*ONE_OF_A_CLASS, *OTHER_WAYS} - {*TAKES_MPMATH_LONG}
W = np.geomspace(1e-8, 1e6, 6 * len(NOISES)) * np.resize([1, -1, -1], 6 * len(NOISES))


def assert_exact(noise: Noise, w: NDArray[np.float64], base_scale: float = 1.0) -> None:
    z = [float(x) for x in w / base_scale]
    expected = np.array([float(mp.log(marginals.density(noise, x))) for x in z])
    expected -= math.log(base_scale)
    by_default = Noise.log_weight_density(noise, w / base_scale) - math.log(base_scale)
    for actual in (noise.log_marginal(w, base_scale), by_default):
        finite = np.isfinite(expected)
        np.testing.assert_array_equal(actual[~finite], expected[~finite])
        error = np.abs(actual[finite] - expected[finite]) / np.maximum(1, np.abs(expected[finite]))
        worst = int(np.argmax(error))
        assert error[worst] <= 1e-8, f"{error[worst]} at w = {w[finite][worst]}"


@pytest.mark.parametrize("noise", quick(NOISES, EXACT.__contains__), ids=repr)
def test_log_marginal_is_exact(noise: Noise) -> None:
    """At 0, where it may be infinite, and at this noise's share of the points."""
    assert_exact(noise, np.append(W[NOISES.index(noise) :: len(NOISES)], 0.0))


@pytest.mark.slow
@every_noise
def test_log_marginal_is_exact_at_many_points(noise: Noise) -> None:
    assert_exact(noise, np.append(W[::4], 0.0))


@pytest.mark.parametrize("noise", [bd.Beta(0.3, 0.2), bd.HalfCauchy(), bd.LogUniform(0.1, 3.0)])
def test_a_base_scale_only_rescales(noise: Noise) -> None:
    assert_exact(noise, np.array([-2.0, 1e-5, 0.3, 40.0]), base_scale=0.25)


@every_noise
def test_log_marginal_at_extreme_and_missing_weights(noise: Noise) -> None:
    for marginal in (
        noise.log_marginal,
        lambda w: Noise.log_weight_density(noise, np.asarray(w, float)),
    ):
        w = np.array([60.0, 1e160, -1e160, 1e-160, 1e-300, np.inf, np.nan])
        log_p = marginal(w)
        assert log_p[0] < marginal(1.0) < np.inf
        assert log_p[1] == log_p[2] < log_p[0]
        assert np.isfinite(log_p[3:5]).all()
        assert log_p[3] <= log_p[4]
        assert log_p[5] == -np.inf
        assert np.isnan(log_p[6])
        assert marginal(w[:4].reshape(2, 2)).shape == (2, 2)


def test_the_horseshoe_far_out() -> None:
    """e^x E₁(x) → 1/x, with x = w²/2 far above e^700 and far below e^−700."""
    noise, constant = bd.HalfCauchy(), -0.5 * math.log(2 * math.pi**3)
    far = constant + math.log(2) - 2 * math.log(1e160)
    assert noise.log_marginal(1e160) == pytest.approx(far, rel=1e-14)
    near = constant + math.log(-np.euler_gamma - 2 * math.log(1e-170) + math.log(2))
    assert noise.log_marginal(1e-170) == pytest.approx(near, rel=1e-14)


@pytest.mark.parametrize(
    "noise",
    [bd.Gaussian(0.5, 1.0), bd.Uniform(0, 1), bd.Uniform(-1, 2), bd.Beta(0.5, 0.5), bd.Beta(1, 1)],
    ids=repr,
)
def test_at_0_the_density_is_infinite_where_that_of_the_noise_is_not_0(noise: Noise) -> None:
    assert noise.log_marginal(0.0) == np.inf
    assert np.isfinite(noise.log_marginal(1e-300))


def cdf_of_absolute(noise: Noise, base_scale: float) -> tuple[NDArray, NDArray, float]:
    """log |w|, the CDF of |w| there, and the mass found, by the trapezoid rule."""
    v, step = np.linspace(-70, 30, 1001, retstep=True)
    mass = 2 * step * np.exp(noise.log_marginal(np.exp(v), base_scale) + v)
    return v, np.cumsum(mass) - mass / 2, float(mass.sum())


def one_way_of_drawing(noise_and_way: tuple[Noise, str]) -> bool:
    """Its own where it has one; by default Beta noise, Gaussian noise and those without."""
    noise, way = noise_and_way
    has_own = type(noise).draw is not Noise.draw
    by_default = not has_own or type(noise) in (bd.Beta, bd.Gaussian)
    if isinstance(noise, Arcsine):
        return False  # as Kumaraswamy noise, and for longer
    return noise in ONE_OF_A_CLASS and (has_own if way == "own" else by_default)


@pytest.mark.parametrize(
    ("noise", "way"), quick(product(NOISES, ["own", "default"]), one_way_of_drawing), ids=str
)
def test_products_follow_the_marginal(noise: Noise, way: str) -> None:
    """20,000 products λ z of the noise's samples against the CDF of ``log_marginal``."""
    rng = np.random.default_rng(1)
    draws = noise.sample(20_000, 3) if way == "own" else Noise.draw(noise, rng, (20_000,))
    w = draws * 0.3 * rng.standard_normal(20_000)
    v, cdf, mass = cdf_of_absolute(noise, 0.3)
    assert mass == pytest.approx(1, abs=1e-6)
    assert stats.kstest(np.log(np.abs(w)), lambda x: np.interp(x, v, cdf)).pvalue > 1e-3
    assert stats.binomtest(int((w > 0).sum()), w.size).pvalue > 1e-3


@pytest.mark.parametrize("noise", [bd.Bernoulli(0.4), Coin(0.4)], ids=repr)
def test_products_of_discrete_noise_are_spike_and_slab(noise: Noise) -> None:
    w = noise.sample(20_000, seed=3) * np.random.default_rng(1).standard_normal(20_000)
    assert stats.binomtest(int((w == 0).sum()), w.size, 0.6).pvalue > 1e-3
    v, cdf, mass = cdf_of_absolute(noise, 1.0)
    assert mass == pytest.approx(0.4, abs=1e-9)
    slab = np.log(np.abs(w[w != 0]))
    assert stats.kstest(slab, lambda x: np.interp(x, v, cdf / mass)).pvalue > 1e-3
    assert (noise.mean, noise.second_moment) == pytest.approx((0.4, 0.4))
    expected = math.log(0.4) + stats.norm.logpdf([-3.0, 0.0, 1.0])
    np.testing.assert_allclose(noise.log_marginal([-3.0, 0.0, 1.0]), expected, rtol=1e-12)
    assert noise.log_marginal(1e200) == -np.inf


class TestParametersWithAPrior:
    """They are integrated out; a learned one has its initial value."""

    def test_inverse_gamma_mixture_of_laplaces(self) -> None:
        """Rayleigh noise whose scale is Rayleigh: by SciPy's quadrature over the scale."""
        noise = bd.Rayleigh(bd.InverseNakagami(3.0, 2.0))
        for w in (-3.0, 0.0, 1e-3, 0.7, 30.0):
            expected, _ = integrate.quad(
                lambda s, w=w: (
                    stats.laplace.pdf(w, scale=s) * stats.gengamma.pdf(s, 3.0, -2, scale=2**0.5)
                ),
                0,
                np.inf,
                epsabs=0,
            )
            assert noise.log_marginal(w) == pytest.approx(np.log(expected), abs=1e-6)

    def test_density_of_the_noise_itself(self) -> None:
        """A normal of exponential variance is Laplace."""
        noise = bd.Gaussian(bd.Rayleigh(0.6))
        x = np.array([-2.0, 0.1, 4.0])
        np.testing.assert_allclose(noise.log_prob(x), stats.laplace.logpdf(x, scale=0.6), atol=1e-6)

    def test_samples_have_parameters_of_their_own(self) -> None:
        noise = bd.Gaussian(bd.Rayleigh(0.6))
        found = stats.kstest(noise.sample(5000, seed=1), stats.laplace(scale=0.6).cdf)
        assert found.pvalue > 1e-3

    @pytest.mark.slow
    def test_a_prior_may_have_parameters_with_a_prior(self) -> None:
        nested = bd.Rayleigh(bd.HalfNormal(bd.HalfNormal(2.0)))
        node, weight = np.polynomial.legendre.leggauss(40)
        log_w = 13 * node - 12  # from -25 to 1
        within = 26 * weight @ np.exp(nested.log_marginal(np.exp(log_w)) + log_w)
        n = 10_000
        drawn = nested.sample(n, seed=2) * np.random.default_rng(3).standard_normal(n)
        error = math.sqrt(within * (1 - within) / n)
        assert np.mean(np.abs(drawn) < np.e) == pytest.approx(within, abs=4 * error)

    def test_learned(self) -> None:
        w = np.array([0.3, 2.0])
        noise, fixed = bd.HalfCauchy(Learned(0.7)), bd.HalfCauchy(0.7)
        np.testing.assert_array_equal(noise.log_marginal(w), fixed.log_marginal(w))
        np.testing.assert_array_equal(noise.sample(9), fixed.sample(9))

    @pytest.mark.slow
    def test_a_noise_narrower_than_its_parameters_prior(self) -> None:
        x = np.array([0.5, 3.0, 10.0, 20.0])
        noise = bd.Gaussian(0.1, mean=bd.Gaussian(10.0))
        exact = stats.norm.logpdf(x, scale=math.hypot(10, 0.1))
        np.testing.assert_allclose(noise.log_prob(x), exact, atol=1e-6)
        wide = bd.InverseNakagami(200.0, bd.HalfNormal(500.0))
        for value in (0.5, 1.0, 1.7):
            expected, _ = integrate.quad(
                lambda b, x=value: (
                    stats.gengamma.pdf(x, 200, -2, scale=b**0.5) * stats.halfnorm.pdf(b, scale=500)
                ),
                0,
                5000,
                points=[200 * value**2],
                limit=500,
            )
            assert wide.log_prob(value) == pytest.approx(np.log(expected), abs=1e-6)

    @pytest.mark.slow
    def test_one_that_is_too_narrow_says_so(self) -> None:
        with pytest.raises(ValueError, match="too narrow at some of them"):
            bd.Gaussian(1e-7, mean=bd.Gaussian(1.0)).log_prob(0.3)


@pytest.mark.parametrize("base_scale", [0.0, -1.0, float("nan")])
def test_a_base_scale_that_is_not_positive_is_refused(base_scale: float) -> None:
    with pytest.raises(ValueError, match="a standard deviation is positive"):
        bd.Rayleigh(1.0).log_marginal(1.0, base_scale)

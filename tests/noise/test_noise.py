"""Every noise against SciPy: density, samples, moments; what is refused, and with what words."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np
import oracle
import pytest
from array_api_compat import array_namespace
from noises import Arcsine, Coin, HalfStudent, Kumaraswamy, Logistic
from numpy.typing import NDArray
from scipy import stats

from bayesdrop import noise as bd
from bayesdrop.noise import Noise
from bayesdrop.noise.support import Support, in_support


@dataclass(frozen=True)
class Narrow(Noise):
    """Normal, given as a density of whatever support, most of its mass inside it."""

    centre: float
    width: float
    support: ClassVar[Support] = "real"

    def log_density(self, x: Any) -> Any:
        constant = -math.log(self.width) - 0.5 * math.log(2 * math.pi)
        return constant - 0.5 * ((x - self.centre) / self.width) ** 2


class NarrowPositive(Narrow):
    support: ClassVar[Support] = "positive"


class NarrowUnit(Narrow):
    support: ClassVar[Support] = "unit_interval"


NOISES: list[Noise] = [
    bd.Bernoulli(0.7),
    bd.Bernoulli(1.0),
    bd.Gaussian(),
    bd.Gaussian(0.6),
    bd.Gaussian(0.5, mean=1.0),
    bd.Gaussian(0.05, mean=1.0),
    bd.Gaussian(2.0, mean=-0.7),
    bd.Rayleigh(),
    bd.Rayleigh(0.4),
    bd.InverseNakagami(3.0, 3.0),
    bd.InverseNakagami(0.8, 2.0),
    bd.InverseNakagami(20.0, 0.1),
    bd.HalfCauchy(),
    bd.HalfCauchy(0.02),
    bd.HalfNormal(),
    bd.HalfNormal(3.0),
    bd.Beta(2.0, 3.0),
    bd.Beta(0.3, 0.2),
    bd.Beta(5.0, 0.6),
    bd.Uniform(0.0, 1.0),
    bd.Uniform(0.9, 1.1),
    bd.Uniform(-1.0, 2.0),
    bd.LogUniform(1e-4, 1e3),
    bd.LogUniform(0.5, 0.6),
    bd.RegularizedHalfCauchy(),
    bd.RegularizedHalfCauchy(0.01, 2.0),
    bd.RegularizedHalfCauchy(3.0, 0.5),
]
CONTINUOUS = [noise for noise in NOISES if noise.support != "boolean"]
every_noise = pytest.mark.parametrize("noise", NOISES, ids=repr)
every_density = pytest.mark.parametrize("noise", CONTINUOUS, ids=repr)


@every_noise
def test_log_prob_is_scipys(noise: Noise) -> None:
    reference = oracle.distribution(noise)
    if noise.support == "boolean":
        x, expected = np.array([0.0, 1.0]), reference.logpmf
    else:
        x, expected = reference.ppf([1e-6, 0.01, 0.3, 0.5, 0.9, 0.999]), reference.logpdf
    np.testing.assert_allclose(noise.log_prob(x), expected(x), rtol=1e-10)
    assert noise.log_prob(x.reshape(2, -1)).shape == (2, x.size // 2)
    assert noise.log_prob(x[1]) == noise.log_prob(x)[1]


@every_noise
def test_log_prob_outside_the_support_is_minus_infinity(noise: Noise) -> None:
    outside = {
        "boolean": [-1, 0.5, 2],
        "positive": [-1.0, 0.0, -np.inf, np.inf],
        "unit_interval": [0.0, 1.0, -0.5, 2],
        "real": [-np.inf, np.inf],
        "interval": [*noise.bounds, noise.bounds[0] - 1, noise.bounds[1] + 1, np.nan],
    }[noise.support]
    assert (noise.log_prob(outside) == -np.inf).all()


@pytest.mark.parametrize("numerical", [False, True], ids=["closed form", "default"])
@every_noise
def test_samples_follow_the_density(noise: Noise, numerical: bool) -> None:
    """The noise's own sampler, and the inverted CDF that a noise without one gets."""
    reference = oracle.distribution(noise)
    rng = np.random.default_rng(2)
    if noise.support == "boolean":
        draws = noise.sample(20_000, seed=2)
        assert set(np.unique(draws)) <= {0.0, 1.0}
        assert stats.binomtest(int(draws.sum()), draws.size, reference.mean()).pvalue > 1e-3
        return
    draws = Noise.draw(noise, rng, (20_000,)) if numerical else noise.sample(20_000, seed=2)
    assert numerical or in_support(draws, noise).all()
    assert stats.kstest(draws, reference.cdf).pvalue > 1e-3


@every_noise
def test_sampling_is_reproducible_and_shaped(noise: Noise) -> None:
    assert noise.sample((2, 3, 4), seed=1).shape == (2, 3, 4)
    assert noise.sample(5).shape == noise.sample((5,)).shape == noise.sample(np.int64(5)).shape
    assert noise.sample().shape == ()
    assert noise.sample(50, seed=1).dtype == np.float64
    np.testing.assert_array_equal(noise.sample(50, seed=1), noise.sample(50, seed=1))
    if noise != bd.Bernoulli(1.0):
        assert (noise.sample(50, seed=1) != noise.sample(50, seed=2)).any()


@every_noise
def test_moments_are_scipys(noise: Noise) -> None:
    reference = oracle.distribution(noise)
    for order, value in ((1, noise.mean), (2, noise.second_moment)):
        expected = reference.moment(order)
        exists = np.isfinite(expected) and not (
            isinstance(noise, bd.InverseNakagami) and 2 * noise.shape <= order
        )
        assert value == pytest.approx(expected if exists else np.inf, rel=1e-9), order


@every_density
def test_moments_by_quadrature(noise: Noise) -> None:
    """What a noise without closed forms gets, against the closed forms."""
    mean, second = (Noise.__dict__[name].fget(noise) for name in ("mean", "second_moment"))
    assert mean == pytest.approx(noise.mean, rel=1e-6)
    assert second == pytest.approx(noise.second_moment, rel=1e-6)


@pytest.mark.parametrize("df", [0.7, 1.0, 1.2, 1.6, 2.0, 2.1, 2.4, 3.0, 5.0])
def test_quadrature_knows_which_moments_of_a_heavy_tail_exist(df: float) -> None:
    mean = math.inf
    if df > 1:
        log_ratio = math.lgamma((df + 1) / 2) - math.lgamma(df / 2)
        mean = 2 * math.sqrt(df / math.pi) / (df - 1) * math.exp(log_ratio)
    assert HalfStudent(df).mean == pytest.approx(mean, rel=1e-3)
    second = df / (df - 2) if df > 2 else math.inf
    assert HalfStudent(df).second_moment == pytest.approx(second, rel=1e-3)


class TestTheTableOfMarginals:
    """DESIGN.md §4: which named prior each noise induces."""

    w: ClassVar = np.array([-40.0, -2.0, -0.3, 0.01, 1.0, 7.0])

    def agrees(self, noise: Noise, expected: NDArray) -> None:
        np.testing.assert_allclose(noise.log_marginal(self.w), expected, rtol=1e-9)

    def test_rayleigh_is_laplace(self) -> None:
        self.agrees(bd.Rayleigh(0.4), stats.laplace.logpdf(self.w, scale=0.4))

    def test_inverse_nakagami_is_student_t(self) -> None:
        reference = stats.t.logpdf(self.w, 5.0, scale=math.sqrt(1.7 / 2.5))
        self.agrees(bd.InverseNakagami(2.5, 1.7), reference)

    @pytest.mark.parametrize("noise", [bd.Gaussian(0.6), bd.HalfNormal(0.6)], ids=repr)
    def test_zero_mean_gaussian_is_a_bessel_function(self, noise: Noise) -> None:
        from scipy.special import kve

        x = np.abs(self.w) / 0.6
        self.agrees(noise, np.log(kve(0, x)) - x - math.log(math.pi * 0.6))

    def test_half_cauchy_is_the_horseshoe(self) -> None:
        from scipy.special import exp1

        x = self.w**2 / 2  # e^x E₁(x) ~ (1 − 1/x + 2/x²)/x far out
        scaled = np.where(
            x > 500, (1 - 1 / x + 2 / x**2 - 6 / x**3) / x, np.exp(x % 500) * exp1(x % 500)
        )
        self.agrees(bd.HalfCauchy(), np.log(scaled / math.sqrt(2 * math.pi**3)))


@pytest.mark.parametrize(
    "noise",
    [
        Narrow(1.0, 0.05),
        Narrow(1.0, 0.003),
        Narrow(1.0, 1e-5),
        Narrow(-30.0, 0.01),
        NarrowPositive(1.0, 0.003),
        NarrowPositive(2e-4, 1e-8),
        NarrowUnit(0.5, 0.001),
        bd.Gaussian(0.003, mean=1.0),
        bd.Gaussian(1e-4, mean=-1.0),
        bd.InverseNakagami(1e6, 1e6),
    ],
    ids=repr,
)
def test_the_numerical_defaults_resolve_a_narrow_noise(noise: Noise) -> None:
    """Noise that hardly varies is a constant c: then w ~ N(0, c²)."""
    centre = getattr(noise, "centre", None) or getattr(noise, "mean", None) or 1.0
    w = np.array([0.01, 0.5, 1.0, 3.0]) * centre
    expected = stats.norm.logpdf(w, scale=abs(centre))
    np.testing.assert_allclose(Noise.log_weight_density(noise, w), expected, rtol=0.05)
    np.testing.assert_allclose(noise.log_marginal(w), expected, rtol=0.05)
    mean, second = (Noise.__dict__[name].fget(noise) for name in ("mean", "second_moment"))
    assert mean == pytest.approx(centre, rel=1e-4)
    assert second == pytest.approx(centre**2, rel=0.01)
    draws = Noise.draw(noise, np.random.default_rng(0), (5000,))
    spread = getattr(noise, "width", None) or getattr(noise, "scale", None) or 0.5 / 1e6**0.5
    reference = stats.norm(centre, spread)
    assert stats.kstest(draws, reference.cdf).pvalue > 1e-3


@dataclass(frozen=True)
class NarrowCauchy(Noise):
    """A peak of width 1e-6 at 1 on tails that reach everywhere: no one grid shows both."""

    support: ClassVar[Support] = "real"

    def log_density(self, x: Any) -> Any:
        return -math.log(math.pi * 1e-6) - array_namespace(x).log1p(((x - 1) / 1e-6) ** 2)


def test_what_the_numerical_defaults_cannot_resolve_is_refused() -> None:
    for call in (
        lambda: NarrowCauchy().mean,
        lambda: NarrowCauchy().sample(3),
        lambda: NarrowCauchy().log_marginal(1.0),
        lambda: Narrow(0.7, 1e-17).second_moment,
    ):
        with pytest.raises(ValueError, match=r"Narrow.*too narrow to integrate over.*override"):
            call()


@dataclass(frozen=True)
class Unnormalised(Noise):
    """Half of a half-normal."""

    support: ClassVar[Support] = "positive"

    def log_density(self, x: Any) -> Any:
        return -0.5 * x**2 - 0.5 * math.log(2 * math.pi)


@dataclass(frozen=True)
class Improper(Noise):
    """1/λ: the log-uniform density on the whole half-line."""

    support: ClassVar[Support] = "positive"

    def log_density(self, x: Any) -> Any:
        return -array_namespace(x).log(x)


@pytest.mark.parametrize(("noise", "found"), [(Unnormalised(), "0.5"), (Improper(), "inf")])
def test_a_density_that_does_not_integrate_to_1_is_refused(noise: Noise, found: str) -> None:
    """Every numerical default says what was found and what to do."""
    words = rf"{type(noise).__name__}\(\) integrates to {found}, not to 1: normalise.*override mean"
    for call in (
        lambda: noise.mean,
        lambda: noise.second_moment,
        lambda: noise.sample(3),
        lambda: noise.log_marginal([1.0, 2.0]),
    ):
        with pytest.raises(ValueError, match=words):
            call()


@dataclass(frozen=True)
class Boundless(Noise):
    support: ClassVar[Support] = "interval"

    def log_density(self, x: Any) -> Any:
        return 0 * x


def test_a_noise_on_an_interval_must_say_which() -> None:
    with pytest.raises(NotImplementedError, match=r"Boundless.*define its bounds"):
        Boundless().log_prob(0.5)


@pytest.mark.parametrize(
    ("noise", "bounds"),
    [
        (bd.Gaussian(), (-math.inf, math.inf)),
        (bd.Rayleigh(), (0, math.inf)),
        (bd.Beta(2, 3), (0, 1)),
        (bd.Bernoulli(0.5), (0, 1)),
        (bd.Uniform(-1, 2), (-1, 2)),
        (bd.LogUniform(0.1, 3), (0.1, 3)),
        (bd.RegularizedHalfCauchy(1.0, 3.0), (0, 3)),
    ],
)
def test_bounds(noise: Noise, bounds: tuple[float, float]) -> None:
    assert noise.bounds == bounds


CUSTOM = [
    (Logistic(0.5, 0.6), stats.logistic(0.5, 0.6)),
    (Arcsine(-1.0, 2.0), stats.arcsine(-1.0, 3.0)),
    (Arcsine(0.5, 0.8), stats.arcsine(0.5, 0.3)),
    (Kumaraswamy(1.0, 2.5), stats.beta(1.0, 2.5)),
    (Kumaraswamy(3.0, 1.0), stats.beta(3.0, 1.0)),
]


@pytest.mark.parametrize(("noise", "reference"), CUSTOM, ids=[repr(noise) for noise, _ in CUSTOM])
def test_a_density_alone_is_enough(noise: Noise, reference: Any) -> None:
    draws = noise.sample(20_000, seed=4)
    assert in_support(draws, noise).all()
    assert stats.kstest(draws, reference.cdf).pvalue > 1e-3
    assert noise.mean == pytest.approx(reference.mean(), rel=1e-8)
    assert noise.second_moment == pytest.approx(reference.moment(2), rel=1e-8)


def test_a_coin_given_as_a_mass_function_is_bernoulli() -> None:
    coin, bernoulli = Coin(0.3), bd.Bernoulli(0.3)
    assert (coin.mean, coin.second_moment) == pytest.approx((0.3, 0.3))
    assert set(np.unique(coin.sample(1000))) == {0.0, 1.0}
    w = np.array([-2.0, 0.0, 3.0])
    np.testing.assert_allclose(coin.log_marginal(w, 0.4), bernoulli.log_marginal(w, 0.4))


@pytest.mark.parametrize("b", [0.1, 0.01])
def test_no_mass_is_lost_where_lambda_rounds_to_1(b: float) -> None:
    """Beta(2, b) has 2.5 % and 70 % of its mass at λ > 1 − 10^−16."""
    noise = bd.Beta(2.0, b)
    for order, exact in ((1, noise.mean), (2, noise.second_moment)):
        numerical = (Noise.mean if order == 1 else Noise.second_moment).fget(noise)  # type: ignore
        assert numerical == pytest.approx(exact, rel=1e-12)
    draws = noise.sample(5000)
    assert (draws < 1).all()
    assert draws.mean() == pytest.approx(noise.mean, abs=5 * draws.std() / 5000**0.5)


@pytest.mark.parametrize(
    ("noise", "name"),
    [
        (bd.Bernoulli(0.5), "spike-and-slab"),
        (bd.Gaussian(0.3), "K₀ (generalised hyperbolic)"),
        (bd.HalfNormal(0.3), "K₀ (generalised hyperbolic)"),
        (bd.Gaussian(0.3, mean=1.0), "Gaussian dropout, numerical"),
        (bd.Rayleigh(), "Laplace"),
        (bd.InverseNakagami(1.5, 2.0), "Student-t, df 3"),
        (bd.HalfCauchy(), "horseshoe"),
        (bd.RegularizedHalfCauchy(), "regularised horseshoe"),
        (bd.LogUniform(0.1, 1.0), "bounded log-uniform (Jeffreys)"),
        (bd.Beta(2, 3), "beta scale mixture, numerical"),
        (bd.Uniform(0, 1), "uniform scale mixture, numerical"),
        (HalfStudent(3.0), "numerical"),
    ],
)
def test_induced_prior(noise: Noise, name: str) -> None:
    assert noise.induced_prior == name


@pytest.mark.parametrize("scale", [1e-9, 0.3, 2.0, 2.0 * (1 + 1e-9), 7.0, 1e9])
def test_moments_of_the_regularised_half_cauchy(scale: float) -> None:
    """With η = s tan θ, λ is c s sin θ/√(c² cos² θ + s² sin² θ) for θ uniform on (0, π/2)."""
    from mpmath import mp

    s, c = mp.mpf(scale), mp.mpf(2)

    def expected(order: int) -> float:
        def f(u: Any) -> Any:  # log tan θ = u
            eta = s * mp.exp(u)
            return (eta / mp.sqrt(1 + (eta / c) ** 2)) ** order * mp.sech(u) / mp.pi

        middle = mp.log(c / s)
        marks = sorted([mp.mpf(-80), mp.mpf(80), middle, mp.mpf(0), -middle, middle / 2])
        return float(mp.quad(f, marks, method="gauss-legendre"))

    noise = bd.RegularizedHalfCauchy(scale, 2.0)
    assert noise.mean == pytest.approx(expected(1), rel=1e-9)
    assert noise.second_moment == pytest.approx(expected(2), rel=1e-9)


@pytest.mark.parametrize(
    ("build", "error", "words"),
    [
        (lambda: bd.Bernoulli(0.0), ValueError, r"Bernoulli\(keep=0\.0\).*> 0 and <= 1"),
        (lambda: bd.Bernoulli(1.2), ValueError, r"keep must be finite and > 0 and <= 1"),
        (lambda: bd.Bernoulli(True), TypeError, r"keep=True.*must be a number"),
        (lambda: bd.Gaussian(-1.0), ValueError, r"Gaussian\(scale=-1\.0\).*> 0"),
        (lambda: bd.Gaussian(0), ValueError, r"Gaussian\(scale=0\).*> 0"),
        (lambda: bd.Gaussian(1.0, mean=math.nan), ValueError, r"mean must be finite"),
        (lambda: bd.Gaussian(1.0, mean="1"), TypeError, r"mean='1'.*must be a number"),
        (lambda: bd.Rayleigh(math.inf), ValueError, r"scale must be finite"),
        (lambda: bd.Rayleigh(None), TypeError, r"scale=None.*must be a number"),
        (lambda: bd.InverseNakagami(-3, 3), ValueError, r"InverseNakagami\(shape=-3\)"),
        (lambda: bd.InverseNakagami(3, 0), ValueError, r"InverseNakagami\(rate=0\)"),
        (lambda: bd.InverseNakagami(3, math.nan), ValueError, r"rate must be finite"),
        (lambda: bd.HalfCauchy(np.ones(2)), TypeError, r"scale must be a number"),
        (lambda: bd.Beta(0, 1), ValueError, r"Beta\(a=0\).*> 0"),
        (lambda: bd.Beta(1, math.inf), ValueError, r"b must be finite"),
        (lambda: bd.Uniform(1, 1), ValueError, r"Uniform\(high=1\).*> 1"),
        (lambda: bd.Uniform(-math.inf, 1), ValueError, r"low must be finite"),
        (lambda: bd.LogUniform(0, 1), ValueError, r"LogUniform\(low=0\).*> 0"),
        (lambda: bd.LogUniform(2, 1), ValueError, r"LogUniform\(high=1\).*> 2"),
        (lambda: bd.RegularizedHalfCauchy(0), ValueError, r"scale=0.*> 0"),
        (lambda: bd.RegularizedHalfCauchy(1, -1), ValueError, r"slab=-1.*> 0"),
        (lambda: bd.HalfNormal(1j), TypeError, r"scale must be a number"),
        (lambda: bd.HalfNormal(np.bool_(True)), TypeError, r"scale must be a number"),
    ],
)
def test_invalid_parameters_are_named(
    build: Callable[[], Noise], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        build()


def test_a_prior_is_a_noise_and_nothing_that_looks_like_one() -> None:
    with pytest.raises(TypeError, match="scale must be a number"):
        bd.HalfCauchy(SimpleNamespace(kind="noise"))  # type: ignore[arg-type]


def test_noises_are_values() -> None:
    assert bd.InverseNakagami(3, 3) == bd.InverseNakagami(3.0, np.float32(3))
    assert len({bd.HalfCauchy(), bd.HalfCauchy(1), bd.HalfCauchy(2)}) == 2
    assert bd.HalfNormal(1.0) != bd.HalfCauchy(1.0)
    with pytest.raises(AttributeError):
        bd.HalfCauchy().scale = 2.0  # type: ignore[misc]
    assert repr(bd.Bernoulli(0.5)) == "Bernoulli(keep=0.5)"

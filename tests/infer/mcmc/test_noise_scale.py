"""The Gaussian noise scale integrated out: the integral, its derivative, the scale drawn back."""

from __future__ import annotations

import dataclasses
import math
from functools import partial
from itertools import product
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from monte_carlo import mean_and_error
from noises import HalfStudent
from quick import quick
from scipy import integrate, special, stats

import bayesdrop as bd
from bayesdrop.infer.mcmc.noise_scale import draw_scale, log_integral
from bayesdrop.infer.mcmc.target import sampled
from bayesdrop.programs.numpyro import build
from bayesdrop.programs.numpyro_density import constrained, log_density, prior_draw

PRIORS = [
    bd.noise.HalfNormal(1.0),
    bd.noise.HalfNormal(0.05),
    bd.noise.HalfCauchy(0.12),
    bd.noise.InverseNakagami(3.0, 3.0),
    bd.noise.InverseNakagami(0.5, 0.01),
    bd.noise.Rayleigh(1.0),
    bd.noise.LogUniform(0.01, 10.0),
    bd.noise.Uniform(0.05, 20.0),
    bd.noise.Beta(2.0, 5.0),
    bd.noise.RegularizedHalfCauchy(0.5, slab=10.0),
    HalfStudent(3.0),
]
ROWS = [1, 2, 30, 99, 100, 277, 100_000, 1_000_000]
RESIDUALS = [0.03, 0.3, 1.0, 5.0]  # their root mean square


def squares_of(prior: bd.noise.Noise, rows: int) -> np.ndarray:
    """Sums of squared residuals that are smaller than the largest scale.

    A million rows lie within the prior's ends, as the module says.
    """
    low, high = prior.bounds
    sizes = [size for size in RESIDUALS if size < high and (size > low or rows < 1_000_000)]
    return rows * np.array(sizes) ** 2


class Exact:
    """The density p(σ) ∏ N(residual | 0, σ²) on a fine grid about its peak.

    The grid is in log σ, or in the logit of where σ lies between two ends.
    """

    def __init__(self, prior: bd.noise.Noise, squares: float, rows: int) -> None:
        self.prior, self.squares, self.rows = prior, squares, rows
        self.low, self.high = prior.bounds
        low, high = -30.0, 30.0
        for size in (2_001, 2_001, 2_001, 2_001, 50_001):
            self.t = np.linspace(low, high, size)
            logs = self.log_mass(self.t)
            near = np.flatnonzero(logs > logs.max() - 60)
            low, high = self.t[max(near[0] - 1, 0)], self.t[min(near[-1] + 1, size - 1)]
        mass = np.exp(logs - logs.max())
        self.log_integral = float(logs.max() + np.log(integrate.trapezoid(mass, self.t)))
        self.density = mass / integrate.trapezoid(mass, self.t)

    def log_mass(self, t: np.ndarray) -> np.ndarray:
        scale, log_jacobian = self.scale(t), t
        if self.high < np.inf:
            log_jacobian = np.log(self.high - self.low) - np.logaddexp(0, -t) - np.logaddexp(0, t)
        variance = scale**2
        gaussian = -self.rows / 2 * np.log(2 * np.pi * variance) - self.squares / (2 * variance)
        return self.prior.log_prob(scale) + log_jacobian + gaussian

    def scale(self, t: np.ndarray) -> np.ndarray:
        if self.high == np.inf:
            return np.exp(t)
        return self.low + (self.high - self.low) * special.expit(t)

    def mean(self, values: np.ndarray) -> float:
        return float(integrate.trapezoid(self.density * values, self.t))

    def cdf(self, scale: np.ndarray) -> np.ndarray:
        below = integrate.cumulative_trapezoid(self.density, self.t, initial=0.0)
        return np.interp(scale, self.scale(self.t), below)


QUICK: dict[bd.noise.Noise, tuple[int, ...]] = {
    bd.noise.HalfNormal(1.0): (1,),
    bd.noise.InverseNakagami(3.0, 3.0): (100,),  # in closed form
    bd.noise.Uniform(0.05, 20.0): (1_000_000,),  # between two ends
}

every_prior_and_number_of_rows = pytest.mark.parametrize(
    ("prior", "rows"),
    quick(product(PRIORS, ROWS), lambda pair: pair[1] in QUICK.get(pair[0], ())),
    ids=str,
)


@every_prior_and_number_of_rows
@pytest.mark.usefixtures("programs_of_its_own")
def test_integral_and_its_derivative(prior: bd.noise.Noise, rows: int) -> None:
    squares = squares_of(prior, rows)
    exact = [Exact(prior, float(s), rows) for s in squares]
    slopes = [one.mean(-0.5 * one.scale(one.t) ** -2) for one in exact]
    with jax.enable_x64(True):
        found = jax.jit(partial(_value_and_slope, prior, rows))(jnp.asarray(squares))
    wanted = np.array([one.log_integral for one in exact])
    np.testing.assert_allclose(found[0], wanted, rtol=1e-9, atol=1e-6)
    np.testing.assert_allclose(found[1], slopes, rtol=1e-5)


@every_prior_and_number_of_rows
def test_integral_and_its_derivative_in_single_precision(prior: bd.noise.Noise, rows: int) -> None:
    """Float32 lacks a scale's distance to an end where the density is infinite, and few rows show
    that."""
    squares = squares_of(prior, rows)
    exact = [Exact(prior, float(s), rows) for s in squares]
    slopes = [one.mean(-0.5 * one.scale(one.t) ** -2) for one in exact]
    value, slope = jax.jit(partial(_value_and_slope, prior, rows))(squares.astype(np.float32))
    at_an_end = isinstance(prior, bd.noise.RegularizedHalfCauchy) and rows < 30
    atol = 5e-5 if at_an_end else 2e-5
    np.testing.assert_allclose(value, [one.log_integral for one in exact], rtol=2e-6, atol=atol)
    np.testing.assert_allclose(slope, slopes, rtol=1e-4)


@pytest.mark.parametrize("prior", quick(PRIORS, QUICK.__contains__), ids=str)
def test_residuals_of_zero_have_a_finite_slope(prior: bd.noise.Noise) -> None:
    squares = jnp.array([0.0, 1e-20, 1e20])
    value, slope = jax.jit(partial(_value_and_slope, prior, 20))(squares)
    assert np.isfinite(value).all()
    assert np.isfinite(slope).all()


def _value_and_slope(prior: bd.noise.Noise, rows: int, squares: Any) -> tuple[Any, Any]:
    value, pull = jax.vjp(lambda s: log_integral(prior, s, rows), squares)
    return value, pull(jnp.ones_like(value))[0]


DRAWN = [(PRIORS[index], rows) for index in (0, 2, 4, 6) for rows in (2, 277)]


@pytest.mark.parametrize(
    ("prior", "rows"), quick(DRAWN, [(PRIORS[0], 2), (PRIORS[2], 277)].__contains__), ids=str
)
def test_scales_drawn_back_follow_the_conditional(prior: bd.noise.Noise, rows: int) -> None:
    squares, draw = 0.3**2 * rows, jax.jit(draw_scale, static_argnums=(1, 3))
    scale = draw(jax.random.key(5), prior, jnp.full(3_000, squares), rows)
    exact = Exact(prior, squares, rows)
    assert stats.kstest(np.asarray(scale, np.float64), exact.cdf).pvalue > 0.001


MODELS = {
    "plain": bd.Model(bd.MLP((3,)), bd.ARD(bd.noise.HalfCauchy(1.0))),
    "free": bd.Model(
        bd.MLP((3,)),
        bd.ScaleMixture(weight=bd.noise.InverseNakagami(3.0, 3.0)),
        bd.Gaussian(bd.noise.HalfNormal(bd.noise.HalfCauchy(1.0))),
    ),
}


@pytest.mark.parametrize(
    ("name", "centring"),
    quick(product(MODELS, [None, 0.3]), lambda case: case == ("free", 0.3)),
)
@pytest.mark.usefixtures("programs_of_its_own")
def test_integral_times_conditional_is_the_joint(name: str, centring: float | None) -> None:
    """log p(θ, σ, y) = log p(θ, y) + log p(σ | θ, y), with σ and without, at any θ and σ."""
    rng = np.random.default_rng(3)
    bound = MODELS[name].bind(2, 2, "expanded")
    with jax.enable_x64(True):
        X, y = jnp.asarray(rng.normal(size=(12, 2))), jnp.asarray(rng.normal(size=(12, 2)))
        target = sampled(bound, centring, integrate_noise_scale=True).program
        plain = sampled(bound, centring, integrate_noise_scale=False).program
        names = _moving(plain, X, y)
        moving = {n: jnp.asarray(rng.normal(size=shape)) for n, shape in names.items()}
        joint = jax.jit(partial(log_density, plain))(moving, X, y)
        log_scale = moving.pop("noise_scale")
        marginal = jax.jit(partial(log_density, target))(moving, X, y)
        values = jax.jit(partial(constrained, target))(moving, X, y)
        squares = np.sum((y - bound.output(values, X)) ** 2, axis=0)
        prior = bound.by_name["noise_scale"].bound_prior(
            {n: float(v) for n, v in values.items() if jnp.ndim(v) == 0}
        )
    conditional = 0.0
    for column, t in enumerate(np.asarray(log_scale)):
        exact = Exact(prior, float(squares[column]), 12)
        conditional += float(exact.log_mass(t)) - exact.log_integral
    assert float(joint) == pytest.approx(float(marginal) + conditional, abs=1e-5)


def test_every_draw_of_the_noise_scale_is_of_its_own_and_of_the_residuals() -> None:
    rng = np.random.default_rng(4)
    bound = MODELS["plain"].bind(2, 2, "expanded")
    X, y = jnp.asarray(rng.normal(size=(12, 2))), jnp.asarray(rng.normal(size=(12, 2)))
    target = sampled(bound, None, integrate_noise_scale=True)
    at = {name: jnp.ones(shape) for name, shape in _moving(target.program, X, y).items()}
    values = jax.jit(lambda at: constrained(target.program, at, X, y))(at)
    draw = jax.jit(jax.vmap(lambda key: target.complete(key, values, (X, y))["noise_scale"]))
    found = draw(jax.random.split(jax.random.key(1), 50))
    assert len(np.unique(found)) == found.size
    squares = np.sum((np.asarray(y) - np.asarray(bound.output(values, X))) ** 2, axis=0)
    for drawn, own in zip(np.asarray(found, np.float64).T, squares, strict=True):
        exact = Exact(PRIORS[0], float(own), 12)
        expected = exact.mean(exact.scale(exact.t))
        assert drawn.mean() == pytest.approx(expected, abs=4 * drawn.std() / math.sqrt(50))


def _moving(program: Any, X: Any, y: Any) -> dict[str, tuple[int, ...]]:
    drawn = jax.eval_shape(lambda key: prior_draw(program, key, X, y), jax.random.key(0))
    return {name: value.shape for name, value in drawn.items()}


@pytest.mark.slow
def test_one_forward_pass_a_gradient() -> None:
    bound = MODELS["plain"].bind(2, 1, "expanded")
    X, y = jnp.ones((5, 2)), jnp.ones((5, 1))

    def products(integrate_noise_scale: bool) -> int:
        program = sampled(bound, None, integrate_noise_scale).program
        shapes = _moving(program, X, y)
        at = {name: jnp.ones(shape) for name, shape in shapes.items()}
        gradient = jax.grad(lambda values: log_density(program, values, X, y))
        return str(jax.make_jaxpr(gradient)(at)).count("dot_general")

    assert products(True) == products(False) > 0


@pytest.mark.parametrize(
    "likelihood", [bd.Gaussian(0.3), bd.StudentT(), bd.HeteroscedasticGaussian()], ids=str
)
def test_other_likelihoods_are_as_they_are(likelihood: bd.Likelihood) -> None:
    bound = bd.Model(bd.MLP((3,)), bd.ARD(bd.noise.HalfCauchy(1.0)), likelihood).bind(
        2, 1, "expanded"
    )
    X, y = jnp.ones((5, 2)), jnp.ones((5, 1))
    program = sampled(bound, None, integrate_noise_scale=True).program
    assert _moving(program, X, y) == _moving(build(bound), X, y)


TINY = bd.Model(bd.MLP((2,)), bd.ARD(bd.noise.InverseNakagami(3.0, 3.0)))
SAMPLERS: dict[str, bd.Inference] = {
    "nuts": bd.NUTS(1000, 4000, 4),
    "nuts_low_rank": bd.NUTS(1000, 4000, 4, low_rank=True),
    "hmc": bd.HMC(1000, 4000, 4, num_steps=32),
    "gibbs": bd.GibbsHMC(1000, 6000, 4),
    "mclmc": bd.MCLMC(num_samples=4000, adjusted=True),
    "mclmc_unadjusted": bd.MCLMC(num_samples=4000),
    "chees": bd.ChEES(num_samples=2000),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", SAMPLERS)
def test_the_posterior_is_the_same(name: str) -> None:
    """Means and variances of f(x) and log σ agree within 4 Monte Carlo errors."""
    rng = np.random.default_rng(7)
    X = rng.normal(size=(25, 1))
    y = np.tanh(X[:, 0]) + 0.2 * rng.normal(size=25)

    def draws(integrate_noise_scale: bool) -> np.ndarray:
        settings: Any = SAMPLERS[name]
        settings = dataclasses.replace(settings, integrate_noise_scale=integrate_noise_scale)
        post = bd.fit(TINY, X, y, settings, seed=4, progress=False)
        predicted = post.predict(X[:3]).parameters
        every = np.concatenate([predicted["loc"], np.log(predicted["scale"][:, :1])], axis=1)
        return every.reshape(post.num_chains, -1, 4)

    one, other = draws(True), draws(False)
    centre = other.mean((0, 1))
    for moment in (1, 2):
        (a, a_error), (b, b_error) = (mean_and_error((d - centre) ** moment) for d in (one, other))
        assert np.all(abs(a - b) < 4 * np.hypot(a_error, b_error))
        error = np.maximum(a_error, b_error)
        assert np.all(error < 0.1 * other.std((0, 1)) ** moment), "too few draws to tell"

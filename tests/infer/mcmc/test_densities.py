"""What samplers move in: the log joint on the unconstrained scale, its Jacobian and its gradient.

The model has a positive site, and its density is written out here. A kernel is asked for one step
from a state that is made by hand, which takes neither training nor tuning.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
import linear
import numpy as np
import pytest
from blackjax.adaptation.mclmc_adaptation import MCLMCAdaptationState
from blackjax.mcmc.dynamic_hmc import DynamicHMCState
from blackjax.mcmc.hmc import HMCState
from blackjax.mcmc.integrators import IntegratorState
from jax.scipy.stats import norm

import bayesdrop as bd
from bayesdrop.infer.mcmc.chees import kernel as chees
from bayesdrop.infer.mcmc.gibbs_hmc.conjugate import with_conjugate_scales
from bayesdrop.infer.mcmc.hmc import kernel as hmc
from bayesdrop.infer.mcmc.hmc import low_rank
from bayesdrop.infer.mcmc.mclmc import kernel as mclmc
from bayesdrop.infer.mcmc.mclmc.unadjusted import _Adapted
from bayesdrop.infer.mcmc.sghmc import kernel as sghmc
from bayesdrop.infer.mcmc.smc import stages as smc

SCALE = 0.8
MODEL = linear.model(bd.noise.Rayleigh(SCALE))
BOUND = MODEL.bind(2, 1, "expanded")
X = np.linspace(-1.0, 1.0, 24).reshape(12, 2).astype(np.float32)
Y = np.sin(5 * X[:, :1])
SCALES = np.array([0.6, 0.7], np.float32)
"""They are below 1, so that the density without the Jacobian is higher, and no step is refused."""
POINT = {
    "bias_0": np.array([0.1], np.float32),
    "unit_scale_0": np.log(SCALES),
    "weight_0_base": np.array([[0.5], [-0.2]], np.float32),
}
FLAT = np.concatenate([value.ravel() for value in POINT.values()])
SMALL = 1e-3
"""A step that every sampler accepts."""


def rows() -> tuple[Any, Any]:
    """X and y in JAX, which no test of this file starts before it runs."""
    return jnp.asarray(X), jnp.asarray(Y)


def log_density(values: Any, X: Any, y: Any) -> Any:
    """log p(y, z, b, λ) + log dλ/du at u = log λ, where λ has a Rayleigh distribution."""
    u, z, b = values["unit_scale_0"], values["weight_0_base"], values["bias_0"]
    scale = jnp.exp(u)
    log_prior = u - 2 * math.log(SCALE) - 0.5 * (scale / SCALE) ** 2
    return (
        norm.logpdf(y, X @ (scale[:, None] * z) + b, linear.NOISE_SCALE).sum()
        + norm.logpdf(z, 0, linear.BASE_SCALE).sum()
        + norm.logpdf(b, 0, linear.BIAS_SCALE).sum()
        + (log_prior + u).sum()
    )


def of_vector(flat: Any) -> Any:
    values = {"bias_0": flat[:1], "unit_scale_0": flat[1:3], "weight_0_base": flat[3:, None]}
    return log_density(values, X, Y)


def mclmc_state(adjusted: bool) -> Any:
    size, key = len(FLAT), jax.random.key(1)
    momentum = jnp.ones(size) / math.sqrt(size)
    density, slope = of_vector(FLAT), jax.grad(of_vector)(FLAT)
    zero = jnp.int32(0)
    if adjusted:
        place: Any = DynamicHMCState(FLAT, density, slope, jax.random.key(2))
        adapted: Any = MCLMCAdaptationState(1.0, SMALL, jnp.ones(size))
    else:
        place = IntegratorState(FLAT, momentum, density, slope)
        adapted = _Adapted(1.0, SMALL, jnp.ones(size), zero, zero)
    return mclmc.State(key, POINT, zero, place, adapted, zero)


def chees_state() -> Any:
    place = DynamicHMCState(FLAT, of_vector(FLAT), jax.grad(of_vector)(FLAT), jnp.int32(0))
    one = (jnp.float32(1.0),)
    mass = jnp.ones(len(FLAT))
    zero = jnp.int32(0)
    return chees.State(jax.random.key(1), POINT, zero, place, SMALL, mass, one, zero)


def low_rank_state() -> Any:
    place = HMCState(FLAT, of_vector(FLAT), jax.grad(of_vector)(FLAT))
    parameters = (SMALL, jnp.ones(len(FLAT)))
    return low_rank.State(jax.random.key(1), POINT, None, place, parameters, jnp.int32(0))


KERNELS: dict[str, tuple[Callable[[], Any], Callable[[], Any]]] = {
    "mclmc": (
        lambda: mclmc.build_kernel(bd.MCLMC(centring=None, steps_per_draw=1), BOUND),
        lambda: mclmc_state(False),
    ),
    "adjusted mclmc": (
        lambda: mclmc.build_kernel(
            bd.MCLMC(centring=None, adjusted=True, steps_per_draw=1, steps_per_proposal=1.2), BOUND
        ),
        lambda: mclmc_state(True),
    ),
    "chees": (
        lambda: chees.build_kernel(bd.ChEES(centring=None), BOUND),
        chees_state,
    ),
    "low-rank nuts": (
        lambda: low_rank.build_kernel(
            bd.NUTS(centring=None, low_rank=True, max_tree_depth=1), BOUND
        ),
        low_rank_state,
    ),
}


@cache
def stepped(name: str, index: int) -> tuple[Any, Any]:
    """The state after step ``index`` from :data:`POINT`, and the draw there."""
    start = KERNELS[name][1]()
    return step_of(name)(index, start)


@cache
def step_of(name: str) -> Callable[..., Any]:
    kernel, data = KERNELS[name][0](), rows()

    def step(index: Any, state: Any) -> Any:
        state, info = kernel.step(index, state, data)
        return state, kernel.observe(state, info, data)

    return jax.jit(step)


@pytest.mark.parametrize("name", KERNELS)
def test_a_step_ends_at_the_log_joint_with_its_jacobian(name: str) -> None:
    state, draw = stepped(name, 0)
    place = state.moving.position
    assert 0 < np.abs(place - FLAT).max() < 0.1
    assert float(draw.stats["lp"]) == pytest.approx(float(of_vector(place)), abs=1e-4)
    np.testing.assert_allclose(
        state.moving.logdensity_grad, jax.grad(of_vector)(place), rtol=1e-3, atol=1e-3
    )
    np.testing.assert_allclose(draw.values["unit_scale_0"], np.exp(place[1:3]), rtol=1e-5)


@pytest.mark.parametrize("name", KERNELS)
def test_every_step_has_noise_of_its_own(name: str) -> None:
    """Of the momentum, which the place shows where it is drawn anew at every step."""
    ends = [stepped(name, index)[0].moving for index in (0, 1)]
    one, other = (end.momentum if name == "mclmc" else end.position for end in ends)
    assert not np.any(one == other)


def momentum_after(rows: tuple[Any, Any], scale: float = 1.0, **settings: Any) -> Any:
    """SGHMC's momentum at :data:`POINT` after a draw's steps from rest, and its step size."""
    method = bd.SGHMC(num_warmup=0, centring=None, **settings)
    kernel = sghmc.build_kernel(method, BOUND)
    at_rest = jax.tree.map(jnp.zeros_like, POINT)
    scales = jax.tree.map(lambda leaf: jnp.full((), scale), POINT)
    state = sghmc.State(jax.random.key(0), POINT, at_rest, scales, jnp.int32(0))
    return jax.jit(lambda state: kernel.step(0, state, rows)[0].momentum)(state)


@pytest.mark.parametrize("batch_size", [None, 5])
def test_sghmc_is_driven_by_the_gradient(batch_size: int | None) -> None:
    """From rest the momentum becomes noise and the gradient; with a scale of 0, the noise alone.

    All rows are one row, so that every minibatch has the gradient of all.
    """
    one, target = (jnp.broadcast_to(part[3], part.shape) for part in rows())
    settings: dict[str, Any] = {"steps_per_draw": 1, "batch_size": batch_size, "step_size": 0.01}
    found, noise = (momentum_after((one, target), scale, **settings) for scale in (1.0, 0.0))
    length = math.sqrt(0.01 * (batch_size or 12)) / 12
    for name, slope in jax.grad(log_density)(POINT, one, target).items():
        np.testing.assert_allclose((found[name] - noise[name]) / length, slope, rtol=1e-3)


def test_sghmc_has_noise_of_its_own_in_every_step() -> None:
    kept = {"momentum": 0.9, "scale": 0.0}
    once, twice = (momentum_after(rows(), steps_per_draw=steps, **kept) for steps in (1, 2))
    for name, first in once.items():
        second = twice[name] - 0.9 * first
        assert not np.any(np.isclose(first, second, rtol=1e-3))


def test_smc_reports_the_log_joint_with_its_jacobian() -> None:
    settings = bd.SMC(num_particles=2, num_runs=2)
    programs = smc.programs(settings, BOUND)
    keys = jax.random.split(jax.random.key(0), 2)
    states = programs.start(keys, rows())
    _, stats = programs.observe(states, rows())
    particles = states.particles.particles.reshape(-1, len(FLAT))
    expected = [float(of_vector(particle)) for particle in particles]
    np.testing.assert_allclose(np.ravel(stats["lp"]), expected, rtol=1e-5)


def test_the_potential_of_nuts_is_minus_the_log_joint_with_its_jacobian() -> None:
    kernel = hmc.build_kernel(bd.NUTS(num_warmup=1, centring=None), BOUND, "none", None)
    state = jax.jit(lambda key, data: kernel.init(key, data).sampler)(jax.random.key(0), rows())
    expected = -log_density(state.z, X, Y)
    assert float(state.potential_energy) == pytest.approx(float(expected), rel=1e-5)
    slopes = jax.grad(lambda at: -log_density(at, X, Y))(state.z)
    for site, slope in slopes.items():
        np.testing.assert_allclose(state.z_grad[site], slope, rtol=1e-3, atol=1e-3)


def test_gibbs_moves_the_rest_given_the_scales() -> None:
    """The scales stay where they are, so their density needs no Jacobian."""
    single = bd.Model(bd.MLP(()), bd.DropConnect(bd.noise.Rayleigh(SCALE)), bd.Gaussian(0.5))
    bound = single.bind(2, 1, "hierarchical")
    kernel = hmc.build_kernel(bd.GibbsHMC(num_warmup=1), bound, "none", with_conjugate_scales)
    state = jax.jit(lambda key, data: kernel.init(key, data).sampler)(jax.random.key(0), rows())
    values = {**state.z, **state.hmc_state.z}
    scales, weight = values["weight_scale_0"], values["weight_0"]
    expected = (
        norm.logpdf(Y, X @ weight + values["bias_0"], 0.5).sum()
        + norm.logpdf(weight, 0, scales / math.sqrt(2)).sum()
        + norm.logpdf(values["bias_0"]).sum()
    )
    prior = (jnp.log(scales) - 2 * math.log(SCALE) - 0.5 * (scales / SCALE) ** 2).sum()
    found = -state.hmc_state.potential_energy
    assert float(found) == pytest.approx(float(expected + prior), rel=1e-5)

"""The stages of tempered SMC: BlackJAX's kernel, with steps that follow the particles."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import blackjax
import jax
import jax.numpy as jnp
from blackjax.smc import adaptive_tempered, resampling
from blackjax.smc.base import extend_params
from jax.flatten_util import ravel_pytree
from numpyro.handlers import block

from bayesdrop.bound import BoundModel
from bayesdrop.infer.engine import devices
from bayesdrop.infer.engine.caches import compiled_once
from bayesdrop.infer.engine.compiled import Compiled
from bayesdrop.infer.mcmc.kernel import Rows
from bayesdrop.infer.mcmc.target import sampled
from bayesdrop.programs.numpyro_density import Program, Values, constrained, log_density, prior_draw

if TYPE_CHECKING:
    from bayesdrop.infer.mcmc.smc.settings import SMC


class State(NamedTuple):
    """A run between two stages.

    ``particles`` is BlackJAX's own state. ``log_evidence`` is the sum over the stages so far, of
    which there were ``stages``. ``accepted`` is the mean acceptance probability of the last one,
    particle by particle. The run is ``done`` after a stage at temperature 1.
    """

    key: jax.Array
    particles: Any
    step_size: jax.Array
    log_evidence: jax.Array
    accepted: jax.Array
    stages: jax.Array
    done: jax.Array


class Programs(NamedTuple):
    """What is compiled: the start, a stage of every run, and the draws."""

    start: Compiled
    advance: Compiled
    observe: Compiled


@compiled_once
def programs(settings: SMC, bound: BoundModel) -> Programs:
    """The programs of runs by these settings."""
    target = sampled(bound, None, settings.integrate_noise_scale)
    program: Program = target.program
    prior: Any = block(program, hide=["y"])
    on_processor = jax.default_backend() == "cpu"
    together = 1 if on_processor else 0  # particles; XLA's batched products are slow on a CPU
    over_runs = _over_runs(settings.num_runs)

    def unflat(rows: Rows) -> Callable[[jax.Array], Values]:
        shapes = jax.eval_shape(lambda: prior_draw(program, jax.random.key(0), *rows))
        blank = jax.tree.map(lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), shapes)
        return ravel_pytree(blank)[1]

    def start(key: jax.Array, rows: Rows) -> State:
        key, draw_key = jax.random.split(key)
        keys = jax.random.split(draw_key, settings.num_particles)
        drawn = jax.lax.map(lambda k: ravel_pytree(prior_draw(program, k, *rows))[0], keys)
        particles = adaptive_tempered.init(drawn)
        particles = particles._replace(tempering_param=jnp.float32(0))
        step_size = jnp.float32(drawn.shape[1] ** -0.25)
        accepted = jnp.ones(settings.num_particles)
        zero = jnp.float32(0)
        return State(key, particles, step_size, zero, accepted, jnp.int32(0), jnp.bool_(False))

    def stage(state: State, rows: Rows) -> State:
        values_of = unflat(rows)

        def log_prior(particle: jax.Array) -> jax.Array:
            return log_density(prior, values_of(particle), *rows)

        def log_likelihood(particle: jax.Array) -> jax.Array:
            return log_density(program, values_of(particle), *rows) - log_prior(particle)

        kernel = adaptive_tempered.build_kernel(
            log_prior,
            log_likelihood,
            blackjax.hmc.build_kernel(),
            blackjax.hmc.init,
            resampling.systematic,
            settings.target_ess,
            batch_size=together,
        )
        key, own_key = jax.random.split(state.key)
        spread = jnp.var(state.particles.particles, axis=0) + jnp.finfo(jnp.float32).tiny
        parameters: Any = {
            "step_size": state.step_size,
            "inverse_mass_matrix": spread,
            "num_integration_steps": jnp.int32(settings.num_integration_steps),
        }
        before, shared = state.particles.tempering_param, cast("dict", extend_params(parameters))
        moved, info = kernel(own_key, state.particles, settings.num_mcmc_steps, shared)
        accepted = jnp.nan_to_num(info.update_info.acceptance_rate).mean(axis=1)
        return State(
            key,
            moved,
            state.step_size * jnp.exp(accepted.mean() - settings.target_accept_prob),
            state.log_evidence + info.log_likelihood_increment,
            accepted,
            state.stages + 1,
            before >= 1,
        )

    def advance(state: State, rows: Rows) -> State:
        return jax.lax.cond(state.done, lambda s: s, lambda s: stage(s, rows), state)

    def observe(state: State, rows: Rows) -> tuple[Values, dict[str, jax.Array]]:
        values_of = unflat(rows)

        def one(drawn: tuple[jax.Array, jax.Array]) -> tuple[Values, jax.Array]:
            key, particle = drawn
            values = values_of(particle)
            found = target.complete(key, constrained(program, values, *rows), rows)
            named = {site.name: found[site.name] for site in bound.sites}
            return named, log_density(program, values, *rows)

        keys = jax.random.split(state.key, settings.num_particles)
        values, log_joint = jax.lax.map(one, (keys, state.particles.particles))
        return values, {"acceptance_rate": state.accepted, "lp": log_joint}

    return Programs(*(Compiled(over_runs(part)) for part in (start, advance, observe)))


def _over_runs(num_runs: int) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    method = devices.resolve("auto", num_runs)
    return lambda function: devices.over_chains(function, num_runs, method)

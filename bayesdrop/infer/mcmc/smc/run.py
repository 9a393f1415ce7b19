"""The stages of tempered SMC: BlackJAX's kernel, with steps that follow the particles."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import blackjax
import jax
import jax.numpy as jnp
import numpy as np
from blackjax.smc import adaptive_tempered, resampling
from blackjax.smc.base import extend_params
from jax.flatten_util import ravel_pytree
from numpy.typing import NDArray
from numpyro.handlers import block

from bayesdrop.bound import BoundModel
from bayesdrop.data.training import TrainingData
from bayesdrop.infer.engine import devices
from bayesdrop.infer.engine.caches import compiled_once
from bayesdrop.infer.engine.compiled import Compiled, Meter
from bayesdrop.infer.engine.jax_settings import own_settings
from bayesdrop.infer.mcmc.kernel import Rows
from bayesdrop.infer.mcmc.target import sampled
from bayesdrop.marginal import with_scales
from bayesdrop.posterior.results.fit import Fit
from bayesdrop.posterior.results.weight_draws import WeightDraws
from bayesdrop.programs.numpyro_density import Program, constrained, log_density, prior_draw
from bayesdrop.progress import Progress, task

if TYPE_CHECKING:
    from bayesdrop.infer.mcmc.smc.settings import SMC

_MOST_STAGES = 2000
_MOST_STILL = 10
"""A stage whose rise float32 does not hold still moves the particles, and a later one may rise."""

_PERCENT = 100


class State(NamedTuple):
    """A run between two stages.

    ``particles`` is BlackJAX's own state. ``log_evidence`` is the sum over the stages so far, of
    which there were ``stages``. ``accepted`` is the mean acceptance probability of the last one,
    particle by particle. The run is ``done`` after a stage at temperature 1.
    """

    key: Any
    particles: Any
    step_size: Any
    log_evidence: Any
    accepted: Any
    stages: Any
    done: Any


class _Programs(NamedTuple):
    """What is compiled: the start, a stage of every run, and the draws."""

    start: Compiled
    advance: Compiled
    observe: Compiled


@own_settings()
def run(settings: SMC, bound: BoundModel, data: TrainingData, seed: int, progress: Progress) -> Fit:
    """Run :meth:`bayesdrop.SMC.run`.

    Raises
    ------
    FloatingPointError
        The temperature does not rise, or a log likelihood is NaN.
    """
    programs = _programs(settings, bound)
    meter = Meter(*programs)
    rows = jnp.asarray(data.X_standardised), jnp.asarray(data.columns)
    keys = jax.random.split(jax.random.key(seed), settings.num_runs)
    with task(progress, "SMC", _PERCENT):
        states = _annealed(programs, programs.start(keys, rows), rows, progress)
    values, stats = jax.device_get(programs.observe(states, rows))
    stages = np.asarray(states.stages)
    moves = settings.num_particles * settings.num_mcmc_steps * settings.num_integration_steps
    info = {
        **meter.info(),
        "gradients": int(stages.sum()) * moves,
        "log_evidence": np.asarray(states.log_evidence, dtype=np.float64).tolist(),
        "stages": stages.tolist(),
    }
    return Fit(
        WeightDraws(with_scales(bound, values, seed), stats), seconds=meter.seconds(), info=info
    )


def _annealed(programs: _Programs, states: State, rows: Rows, progress: Progress) -> State:
    """The runs once all are done."""
    shown, reached = 0, np.zeros(len(states.stages))
    still = np.zeros(len(reached), int)
    for stage in range(1, _MOST_STAGES + 1):
        states = jax.block_until_ready(programs.advance(states, rows))
        before, reached = reached, np.asarray(states.particles.tempering_param)
        done = np.asarray(states.done)
        still = np.where(done | (reached > before), 0, still + 1)
        _check_stage(stage, reached, still, np.asarray(states.log_evidence))
        temperature = float(reached.min())
        percent = int(_PERCENT * temperature)
        progress.advance(percent - shown, f"stage {stage}, temperature {temperature:.2g}")
        shown = percent
        if done.all():
            return states
    raise FloatingPointError(
        f"SMC came to a temperature of {float(reached.min()):.2g} in {_MOST_STAGES} stages: give "
        "it a lower target_ess, or the model a tighter prior"
    )


def _check_stage(stage: int, reached: NDArray, still: NDArray, log_evidence: NDArray) -> None:
    """Raise a ``FloatingPointError`` unless every run gets on, and has numbers.

    Parameters
    ----------
    stage
        Its number.
    reached, log_evidence
        The temperature and the log evidence so far, of each run.
    still
        How many stages in a row each run's temperature has not risen.
    """
    if lost := int(np.sum(~np.isfinite(reached + log_evidence))):
        raise FloatingPointError(
            f"SMC lost {lost} of {len(reached)} runs at stage {stage}: a particle's log likelihood "
            "is NaN, or that of all particles is infinite. Give the model a tighter prior, or look "
            "at the rows for values far away"
        )
    if still.max() >= _MOST_STILL:
        raise FloatingPointError(
            f"SMC has stood still at a temperature of {float(reached[still.argmax()]):.2g} for "
            f"{_MOST_STILL} stages: the log likelihoods of its particles lie too far apart for a "
            "step. Give it a lower target_ess, or the model a tighter prior"
        )


@compiled_once
def _programs(settings: SMC, bound: BoundModel) -> _Programs:
    target = sampled(bound, None, settings.integrate_noise_scale)
    program: Program = target.program
    prior: Any = block(program, hide=["y"])
    on_processor = jax.default_backend() == "cpu"
    together = 1 if on_processor else 0  # particles; XLA's batched products are slow on a CPU
    over_runs = _over_runs(settings.num_runs)

    def unflat(rows: Rows) -> Callable[[Any], Any]:
        shapes = jax.eval_shape(lambda: prior_draw(program, jax.random.key(0), *rows))
        blank = jax.tree.map(lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), shapes)
        return ravel_pytree(blank)[1]

    def start(key: Any, rows: Rows) -> State:
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

        def log_prior(particle: Any) -> Any:
            return log_density(prior, values_of(particle), *rows)

        def log_likelihood(particle: Any) -> Any:
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

    def observe(state: State, rows: Rows) -> tuple[dict[str, Any], dict[str, Any]]:
        values_of = unflat(rows)

        def one(drawn: tuple[Any, Any]) -> tuple[dict[str, Any], Any]:
            key, particle = drawn
            values = values_of(particle)
            found = target.complete(key, constrained(program, values, *rows), rows)
            named = {site.name: found[site.name] for site in bound.sites}
            return named, log_density(program, values, *rows)

        keys = jax.random.split(state.key, settings.num_particles)
        values, log_joint = jax.lax.map(one, (keys, state.particles.particles))
        return values, {"acceptance_rate": state.accepted, "lp": log_joint}

    return _Programs(*(Compiled(over_runs(part)) for part in (start, advance, observe)))


def _over_runs(num_runs: int) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    method = devices.resolve("auto", num_runs)
    return lambda function: devices.over_chains(function, num_runs, method)

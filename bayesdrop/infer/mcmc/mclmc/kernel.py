"""BlackJAX's MCLMC as a kernel: every chain from a trained point, tuned by itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree

from bayesdrop.bound import BoundModel
from bayesdrop.infer.base import Job
from bayesdrop.infer.engine.adam import Trainer
from bayesdrop.infer.engine.early_stopping import early_stopped
from bayesdrop.infer.mcmc.driver import run_kernel
from bayesdrop.infer.mcmc.kernel import Draw, Kernel, Rows
from bayesdrop.infer.mcmc.mclmc.adjusted import AdjustedInfo, adjusted
from bayesdrop.infer.mcmc.mclmc.dynamics import Dynamics
from bayesdrop.infer.mcmc.mclmc.unadjusted import UnadjustedInfo, unadjusted
from bayesdrop.infer.mcmc.runaways import without_runaways
from bayesdrop.infer.mcmc.target import sampled
from bayesdrop.infer.mcmc.vectors import density, draw_of, gradients_of
from bayesdrop.posterior.results.fit import Fit
from bayesdrop.programs.numpyro_density import Values
from bayesdrop.progress import Progress

if TYPE_CHECKING:
    from bayesdrop.infer.mcmc.mclmc.settings import MCLMC


class State(NamedTuple):
    """A chain: its key, where it is, and what tuning found.

    ``start`` is the trained point, site by site, after ``trained`` steps; ``moving`` is BlackJAX's
    state of the vector.
    """

    key: jax.Array
    start: Values
    trained: Any
    moving: Any = None
    adapted: Any = None
    gradients: Any = None


Info = AdjustedInfo | UnadjustedInfo


def sample(
    settings: MCLMC,
    jobs: Sequence[Job],
    progress: Progress,
    earlier: Fit | None,
) -> list[Fit]:
    """Sample as :meth:`bayesdrop.MCLMC.sample` does."""
    left_out, dynamics = earlier.info["excluded_chains"] if earlier else [], dynamics_of(settings)
    found = run_kernel(build_kernel, settings, jobs, progress, earlier)
    lowest, advice = dynamics.lowest_acceptance, dynamics.advice
    return [without_runaways(one, lowest, advice, left_out).fit() for one in found]


def dynamics_of(settings: MCLMC) -> Dynamics:
    """How ``settings`` ask a chain to move."""
    return adjusted(settings) if settings.adjusted else unadjusted(settings)


def build_kernel(settings: MCLMC, bound: BoundModel) -> Kernel:
    """The kernel; its warm-up is in ``tune``."""
    target = sampled(bound, settings.centring, settings.integrate_noise_scale)
    program, dynamics = target.program, dynamics_of(settings)
    steps, rate = settings.training_steps, settings.learning_rate
    trainer = Trainer(program, target.widths, steps, rate)

    def init(key: jax.Array, rows: Rows) -> State:
        train_key, key = jax.random.split(key)
        return State(key, *early_stopped(trainer, train_key, rows))

    def tune_one(state: State, rows: Rows) -> State:
        tune_key, key = jax.random.split(state.key)
        log_density = density(program, state.start, rows)
        start = ravel_pytree(state.start)[0]
        # about the point: BlackJAX's variances, E x² − (E x)² in float32, are negative far from 0
        moving, adapted, gradients = dynamics.tune(
            tune_key, jnp.zeros_like(start), lambda move: log_density(start + move)
        )
        moving = moving._replace(position=start + moving.position)
        return State(key, state.start, state.trained, moving, adapted, gradients)

    def tune(key: jax.Array, states: State, rows: Rows, each_chain: Callable[..., Any]) -> State:
        return each_chain(tune_one)(states, rows)

    def step(index: jax.Array | int, state: State, rows: Rows) -> tuple[State, Info]:
        key = jax.random.fold_in(state.key, index)
        moving, adapted, info, gradients = dynamics.draw(
            key, state.moving, state.adapted, density(program, state.start, rows)
        )
        gradients = state.gradients + gradients
        return state._replace(moving=moving, adapted=adapted, gradients=gradients), info

    def observe(state: State, info: Info, rows: Rows) -> Draw:
        return draw_of(state, rows, target, bound, info._asdict())

    def gradients(states: State, num_rows: int) -> int:
        return gradients_of(states, settings)

    return Kernel(
        init,
        step,
        observe,
        gradients,
        tune,
        init_work=settings.training_steps,
        tune_work=settings.num_warmup,
        step_work=settings.steps_per_draw,
        lowest_acceptance=dynamics.lowest_acceptance,
        learning_rate=rate,
    )

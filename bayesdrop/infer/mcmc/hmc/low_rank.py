"""BlackJAX's NUTS with a mass matrix of low rank as a kernel; its warm-up is in ``tune``.

The matrix minimises the Fisher divergence (Seyboldt et al. 2026). It is estimated in float32, with
the floor that BlackJAX puts under its eigenvalues.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import blackjax
import jax
import jax.numpy as jnp
import numpy as np
from blackjax.adaptation.base import AdaptationInfo
from blackjax.adaptation.window_adaptation import build_schedule
from blackjax.mcmc.hmc import HMCState
from blackjax.mcmc.nuts import NUTSInfo
from jax.flatten_util import ravel_pytree

from bayesdrop.bound import BoundModel
from bayesdrop.infer.base import Job
from bayesdrop.infer.engine.adam import Trainer
from bayesdrop.infer.engine.early_stopping import early_stopped
from bayesdrop.infer.mcmc.driver import run_kernel
from bayesdrop.infer.mcmc.hmc.kernel import TRAINING_STEPS, of_trees
from bayesdrop.infer.mcmc.kernel import Draw, Kernel, Rows
from bayesdrop.infer.mcmc.target import sampled
from bayesdrop.infer.mcmc.vectors import density, draw_of, gradients_of
from bayesdrop.posterior.results.fit import Fit
from bayesdrop.programs.numpyro_density import Values, prior_draw
from bayesdrop.progress import Progress

if TYPE_CHECKING:
    from bayesdrop.infer.mcmc.hmc.settings import NUTS


class State(NamedTuple):
    """A chain: its key, where it is, and what its warm-up found.

    ``start`` is where it began, site by site, after ``trained`` steps, if any; ``moving`` is
    BlackJAX's state of the vector.
    """

    key: jax.Array
    start: Values
    trained: jax.Array | None
    moving: Any = None
    parameters: Any = None
    gradients: Any = None


def sample(
    settings: NUTS, jobs: Sequence[Job], progress: Progress, earlier: Fit | None
) -> list[Fit]:
    """Sample as :meth:`bayesdrop.NUTS.sample` does."""
    return [one.fit() for one in run_kernel(build_kernel, settings, jobs, progress, earlier)]


def build_kernel(settings: NUTS, bound: BoundModel) -> Kernel:
    """The kernel; its warm-up is one piece, in ``tune``."""
    target = sampled(bound, settings.centring, settings.integrate_noise_scale)
    program, depth = target.program, settings.max_tree_depth
    schedule = windows(settings.num_warmup)
    trainer = Trainer(program, target.widths, TRAINING_STEPS)
    transition = blackjax.nuts.build_kernel()

    def init(key: jax.Array, rows: Rows) -> State:
        start_key, key = jax.random.split(key)
        if settings.init_strategy == "trained":
            return State(key, *early_stopped(trainer, start_key, rows))
        return State(key, prior_draw(program, start_key, *rows, validate_grad=True), None)

    def tune_one(state: State, rows: Rows) -> State:
        tune_key, key = jax.random.split(state.key)
        warmup: Any = blackjax.window_adaptation_low_rank(
            blackjax.nuts,
            density(program, state.start, rows),
            target_acceptance_rate=settings.target_accept_prob,
            adaptation_info_fn=_kept,
            schedule_fn=lambda _: schedule,
            max_num_doublings=depth,
        )
        start = ravel_pytree(state.start)[0]
        (moving, found), trace = warmup.run(tune_key, start, settings.num_warmup)
        parameters = found["step_size"], found["inverse_mass_matrix"]
        gradients = trace.info.sum()
        return State(key, state.start, state.trained, moving, parameters, gradients)

    def tune(key: jax.Array, states: State, rows: Rows, each_chain: Callable[..., Any]) -> State:
        return each_chain(tune_one)(states, rows)

    def step(index: jax.Array | int, state: State, rows: Rows) -> tuple[State, NUTSInfo]:
        moving, info = transition(
            jax.random.fold_in(state.key, index),
            state.moving,
            density(program, state.start, rows),
            *state.parameters,
            max_num_doublings=depth,
        )
        gradients = state.gradients + info.num_integration_steps
        return state._replace(moving=moving, gradients=gradients), info

    def observe(state: State, info: NUTSInfo, rows: Rows) -> Draw:
        stats = {
            "acceptance_rate": info.acceptance_rate,
            "diverging": info.is_divergent,
            "energy": info.energy,
            "n_steps": info.num_integration_steps,
            "step_size": state.parameters[0],
            **of_trees(jnp.asarray(info.num_integration_steps), depth),
        }
        return draw_of(state, rows, target, bound, stats)

    def gradients(states: State, num_rows: int) -> int:
        return gradients_of(states, settings)

    return Kernel(init, step, observe, gradients, tune, tune_work=settings.num_warmup)


class _Last(NamedTuple):
    """What BlackJAX reads of the last step of a warm-up: where the chain goes on."""

    mu_star: Any


def _kept(state: HMCState, info: NUTSInfo, adaptation: Any) -> AdaptationInfo:
    """What is kept of every step of the warm-up: where the chain was, and its gradients.

    BlackJAX would let a chain go on at the mean of the draws that it adapted to, where no draw
    lies. It goes on where it was.
    """
    kept: Any = (None, info.num_integration_steps, _Last(state.position))
    return AdaptationInfo(*kept)


def windows(num_steps: int) -> jax.Array:
    """Stan's schedule of a warm-up, with windows that BlackJAX's buffer of draws can hold.

    BlackJAX 1.7 keeps no more draws of a window than ``capacity``, and divides their sum by the
    length of the window. So longer ones are cut into equal parts.
    """
    schedule = np.array(build_schedule(num_steps))
    slow, ends = schedule.T
    capacity, begin = 2 * max(num_steps // 5, 128), int(slow.argmax())
    for end in np.flatnonzero(ends) + 1:
        parts = -(-(end - begin) // capacity)
        for part in range(1, parts):
            schedule[begin + part * (end - begin) // parts - 1, 1] = 1
        begin = end
    return jnp.asarray(schedule)

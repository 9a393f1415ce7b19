"""BlackJAX's NUTS with a mass matrix of low rank as a kernel; its warm-up is in ``tune``.

The matrix minimises the Fisher divergence (Seyboldt et al. 2026). BlackJAX leaves a chain at the
mean of the draws that it adapted to, where no draw lies. So the last tenth of the warm-up is steps
with what was found.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import blackjax
import jax
import jax.numpy as jnp
import numpy as np
from blackjax.adaptation.base import get_filter_adapt_info_fn
from blackjax.mcmc.nuts import NUTSInfo
from jax.flatten_util import ravel_pytree

from bayesdrop.bound import BoundModel
from bayesdrop.infer.base import Job
from bayesdrop.infer.engine.adam import Trainer
from bayesdrop.infer.engine.early_stopping import early_stopped
from bayesdrop.infer.mcmc.chain_states import steps_of_starts
from bayesdrop.infer.mcmc.driver import run_kernel
from bayesdrop.infer.mcmc.hmc.kernel import TRAINING_STEPS, of_trees
from bayesdrop.infer.mcmc.kernel import Draw, Kernel, Rows
from bayesdrop.infer.mcmc.target import sampled
from bayesdrop.posterior.results.fit import Fit
from bayesdrop.programs.numpyro_density import Values, constrained, log_density, prior_draw
from bayesdrop.progress import Progress

if TYPE_CHECKING:
    from bayesdrop.infer.mcmc.hmc.settings import NUTS

_COMPLETION = 2**31  # beyond the indices of steps, which the other keys are made from
_KEPT = get_filter_adapt_info_fn(
    info_keys={"num_integration_steps"}, adapt_state_keys={"mu_star"}
)  # of every step of the warm-up; BlackJAX needs the mean


class State(NamedTuple):
    """A chain: its key, where it is, and what its warm-up found.

    ``start`` is where it began, site by site, after ``trained`` steps; ``moving`` is BlackJAX's
    state of the vector.
    """

    key: jax.Array
    start: Values
    trained: jax.Array
    moving: Any = None
    parameters: Any = None
    gradients: Any = None


def sample(
    settings: NUTS, jobs: Sequence[Job], progress: Progress, earlier: Fit | None
) -> list[Fit]:
    """Sample as :meth:`bayesdrop.NUTS.sample` does."""
    return [one.fit() for one in run_kernel(build_kernel, settings, jobs, progress, earlier)]


def build_kernel(settings: NUTS, bound: BoundModel) -> Kernel:
    """The kernel; its steps before the first draw are the end of the warm-up."""
    target = sampled(bound, settings.centring, settings.integrate_noise_scale)
    program, depth = target.program, settings.max_tree_depth
    settling = settings.num_warmup // 10
    trainer = Trainer(program, target.widths, TRAINING_STEPS)
    transition = blackjax.nuts.build_kernel()

    def density(start: Values, rows: Rows) -> Callable[[jax.Array], jax.Array]:
        unravel = ravel_pytree(start)[1]
        return lambda position: log_density(program, unravel(position), *rows)

    def init(key: jax.Array, rows: Rows) -> State:
        start_key, key = jax.random.split(key)
        if settings.init_strategy == "trained":
            return State(key, *early_stopped(trainer, start_key, rows))
        return State(key, prior_draw(program, start_key, *rows), jnp.int32(0))

    def tune_one(state: State, rows: Rows) -> State:
        tune_key, key = jax.random.split(state.key)
        warmup: Any = blackjax.window_adaptation_low_rank(
            blackjax.nuts,
            density(state.start, rows),
            target_acceptance_rate=settings.target_accept_prob,
            adaptation_info_fn=_KEPT,
            max_num_doublings=depth,
        )
        start = ravel_pytree(state.start)[0]
        (moving, found), trace = warmup.run(tune_key, start, settings.num_warmup - settling)
        parameters = found["step_size"], found["inverse_mass_matrix"]
        gradients = trace.info.num_integration_steps.sum()
        return State(key, state.start, state.trained, moving, parameters, gradients)

    def tune(key: jax.Array, states: State, rows: Rows, each_chain: Callable[..., Any]) -> State:
        return each_chain(tune_one)(states, rows)

    def step(index: jax.Array | int, state: State, rows: Rows) -> tuple[State, NUTSInfo]:
        moving, info = transition(
            jax.random.fold_in(state.key, index),
            state.moving,
            density(state.start, rows),
            *state.parameters,
            max_num_doublings=depth,
        )
        gradients = state.gradients + info.num_integration_steps
        return state._replace(moving=moving, gradients=gradients), info

    def observe(state: State, info: NUTSInfo, rows: Rows) -> Draw:
        unravel = ravel_pytree(state.start)[1]
        moved = constrained(program, unravel(state.moving.position), *rows)
        key = jax.random.fold_in(jax.random.fold_in(state.key, _COMPLETION), state.gradients)
        found = target.complete(key, moved, rows)
        stats = {
            "acceptance_rate": info.acceptance_rate,
            "diverging": info.is_divergent,
            "energy": info.energy,
            "lp": state.moving.logdensity,
            "n_steps": info.num_integration_steps,
            "step_size": state.parameters[0],
            **of_trees(jnp.asarray(info.num_integration_steps), depth),
        }
        return Draw({site.name: found[site.name] for site in bound.sites}, stats)

    def gradients(states: State, num_rows: int) -> int:
        taken = int(np.asarray(states.gradients, dtype=np.int64).sum())
        return taken + steps_of_starts(settings, states.trained)

    return Kernel(
        init,
        step,
        observe,
        gradients,
        tune,
        num_discarded=settling,
        tune_work=settings.num_warmup - settling,
    )

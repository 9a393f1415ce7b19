"""BlackJAX's ChEES-HMC as a kernel: the chains are tuned together, then each moves by itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import blackjax
import jax
import jax.numpy as jnp
import optax
from blackjax.adaptation.base import get_filter_adapt_info_fn
from blackjax.mcmc import dynamic_hmc
from jax.flatten_util import ravel_pytree

from bayesdrop.bound import BoundModel
from bayesdrop.infer.base import Job
from bayesdrop.infer.engine.adam import Trainer
from bayesdrop.infer.engine.early_stopping import early_stopped
from bayesdrop.infer.mcmc.driver import run_kernel
from bayesdrop.infer.mcmc.kernel import Draw, Kernel, Rows
from bayesdrop.infer.mcmc.target import sampled
from bayesdrop.infer.mcmc.vectors import density, draw_of, gradients_of
from bayesdrop.posterior.results.fit import Fit
from bayesdrop.programs.numpyro_density import Values
from bayesdrop.progress import Progress

if TYPE_CHECKING:
    from blackjax.mcmc.hmc import HMCInfo

    from bayesdrop.infer.mcmc.chees.settings import ChEES

_FIRST_STEP_SIZE = 0.01
_BITS = 30  # of the number of a draw in the quasi-random sequence: for any number of draws


class State(NamedTuple):
    """A chain: its key, where it is, and what all chains found together.

    ``start`` is the trained point, site by site, after ``trained`` steps; ``moving`` is BlackJAX's
    state of the vector.
    """

    key: jax.Array
    start: Values
    trained: Any
    moving: Any = None
    step_size: Any = None
    inverse_mass_matrix: Any = None
    integration_steps_params: Any = None
    gradients: Any = None


def sample(
    settings: ChEES,
    jobs: Sequence[Job],
    progress: Progress,
    earlier: Fit | None,
) -> list[Fit]:
    """Sample as :meth:`bayesdrop.ChEES.sample` does."""
    return [one.fit() for one in run_kernel(build_kernel, settings, jobs, progress, earlier)]


def build_kernel(settings: ChEES, bound: BoundModel) -> Kernel:
    """The kernel; its warm-up is in ``tune``, and every draw takes the tuned number of steps."""
    target = sampled(bound, settings.centring, settings.integrate_noise_scale)
    program = target.program
    steps, rate = settings.training_steps, settings.learning_rate
    trainer = Trainer(program, target.widths, steps, rate)

    def num_steps(index: jax.Array, mean_steps: jax.Array) -> jax.Array:
        return jnp.ceil(dynamic_hmc.halton_sequence(index, _BITS) * mean_steps).astype(int)

    transition = dynamic_hmc.build_kernel(
        next_random_arg_fn=lambda index: index + 1, integration_steps_fn=num_steps
    )

    def init(key: jax.Array, rows: Rows) -> State:
        train_key, key = jax.random.split(key)
        return State(key, *early_stopped(trainer, train_key, rows))

    def tune(key: jax.Array, states: State, rows: Rows, each_chain: Callable[..., Any]) -> State:
        adaptation: Any = blackjax.chees_adaptation(
            density(program, jax.tree.map(lambda leaf: leaf[0], states.start), rows),
            settings.num_chains,
            target_acceptance_rate=settings.target_accept_prob,
            max_leapfrog_steps=settings.max_num_steps,
            mass_matrix_estimation="diagonal" if settings.diagonal_mass else None,
            adaptation_info_fn=get_filter_adapt_info_fn(info_keys={"num_integration_steps"}),
        )
        (moving, tuned), info = adaptation.run(
            key,
            jax.vmap(lambda start: ravel_pytree(start)[0])(states.start),
            _FIRST_STEP_SIZE,
            optax.adam(settings.adaptation_rate),
            settings.num_warmup,
            max_sampling_steps=2**_BITS - settings.num_warmup,
        )
        found = (
            tuned["step_size"],
            tuned["inverse_mass_matrix"],
            tuned["integration_steps_params"],
            info.info.num_integration_steps[:, 0].sum(),
        )
        for_each = jax.tree.map(
            lambda leaf: jnp.broadcast_to(leaf, (settings.num_chains, *jnp.shape(leaf))), found
        )
        return State(states.key, states.start, states.trained, moving, *for_each)

    def step(index: jax.Array | int, state: State, rows: Rows) -> tuple[State, HMCInfo]:
        moving, info = transition(
            jax.random.fold_in(state.key, index),
            state.moving,
            density(program, state.start, rows),
            state.step_size,
            state.inverse_mass_matrix,
            state.integration_steps_params,
        )
        gradients = state.gradients + info.num_integration_steps
        return state._replace(moving=moving, gradients=gradients), info

    def observe(state: State, info: HMCInfo, rows: Rows) -> Draw:
        stats = {
            "acceptance_rate": info.acceptance_rate,
            "diverging": info.is_divergent,
            "energy": info.energy,
            "n_steps": info.num_integration_steps,
        }
        return draw_of(state, rows, target, bound, stats)

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
        learning_rate=rate,
    )

"""BlackJAX's unadjusted and adjusted MCLMC behind one pair of functions: tune a chain, draw.

Integrators, momentum refreshment, acceptance and tuning are BlackJAX's. The two steps around them
are put together here because its own draw four normal vectors (unadjusted) or two that go unused
(adjusted) per step, and on a CPU a vector of normals costs as much as a gradient.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import blackjax
import jax
import jax.numpy as jnp
from blackjax.adaptation.mclmc_adaptation import MCLMCAdaptationState
from blackjax.mcmc import adjusted_mclmc_dynamic, mclmc
from blackjax.mcmc.adjusted_mclmc import adjusted_mclmc_proposal
from blackjax.mcmc.dynamic_hmc import DynamicHMCState
from blackjax.mcmc.integrators import (
    IntegratorState,
    isokinetic_mclachlan,
    partially_refresh_momentum,
)
from blackjax.util import generate_unit_vector, pytree_size

if TYPE_CHECKING:
    from bayesdrop.infer.mclmc import MCLMC

_GRADIENTS_PER_STEP = 2  # of McLachlan's integrator
_FIRST_STEP = 1e-3  # the mean square move of a dimension, on the unconstrained scale


class Kernel(NamedTuple):
    """How a chain moves.

    ``tune(key, position, log_density)`` → state, what was adapted, gradients taken;
    ``draw(key, state, adapted, log_density)`` → state, statistics, gradients taken.
    """

    tune: Callable[..., Any]
    draw: Callable[..., Any]


def kernel_of(settings: MCLMC) -> Kernel:
    """The kernel that ``settings`` ask for."""
    return _adjusted(settings) if settings.adjusted else _unadjusted(settings)


def _cautious(position: Any) -> MCLMCAdaptationState:
    """Where tuning starts: BlackJAX's own first step throws a chain far from a trained point."""
    dimensions = pytree_size(position)
    length = dimensions**0.5
    return MCLMCAdaptationState(length, _FIRST_STEP * length, jnp.ones(dimensions))


def _unadjusted(settings: MCLMC) -> Kernel:
    def tune(key: Any, position: Any, log_density: Any) -> Any:
        init_key, tune_key = jax.random.split(key)
        state, adapted, steps = blackjax.mclmc_find_L_and_step_size(
            _langevin_step,
            settings.num_warmup,
            mclmc.init(position, log_density, init_key),
            tune_key,
            log_density,
            desired_energy_var=settings.desired_energy_var,
            diagonal_preconditioning=settings.diagonal_preconditioning,
            params=_cautious(position),
            frac_tune1=0.4,  # the step size
            frac_tune2=0.3,  # the variances too, and a third more to fit the step size to them
            frac_tune3=0.2,  # the length over which momentum is kept
        )
        return state, adapted, jnp.int32(1 + _GRADIENTS_PER_STEP * steps)

    def draw(key: Any, state: Any, adapted: Any, log_density: Any) -> Any:
        def step(i: Any, carry: Any) -> Any:
            state, square, taken = carry
            moved, info = _langevin_step(
                jax.random.fold_in(key, i),
                state,
                log_density,
                adapted.inverse_mass_matrix,
                adapted.L,
                adapted.step_size,
            )
            sound = _sound(info.energy_change, state.position)
            square = square + jnp.where(sound, info.energy_change**2, 0.0)
            return moved, square, taken + sound

        steps = settings.steps_per_draw
        start = (state, jnp.zeros_like(state.logdensity), jnp.int32(0))
        state, square, taken = jax.lax.fori_loop(0, steps, step, start)
        stats = {
            "acceptance_rate": taken / steps,
            "diverging": taken < steps,
            "energy_var": square / (jnp.maximum(taken, 1) * pytree_size(state.position)),
            "n_steps": jnp.int32(steps),
            "step_size": adapted.step_size,
            "momentum_length": adapted.L,
        }
        return state, stats, jnp.int32(_GRADIENTS_PER_STEP * steps)

    return Kernel(tune, draw)


def _sound(energy_change: Any, position: Any) -> Any:
    """Whether a step's energy error is within √d, as far as the energy itself fluctuates."""
    return jnp.abs(energy_change) <= pytree_size(position) ** 0.5


def _langevin_step(
    rng_key: Any,
    state: IntegratorState,
    logdensity_fn: Callable[..., Any],
    inverse_mass_matrix: Any,
    L: Any,
    step_size: Any,
) -> tuple[IntegratorState, mclmc.MCLMCInfo]:
    """One step and one refreshment of the momentum; an unsound step is undone and turned round.

    Tuning sees the energy error of such a step all the same, unless it is not finite.
    """
    integrate = isokinetic_mclachlan(logdensity_fn, inverse_mass_matrix)
    moved, kinetic_change = integrate(state, step_size)
    energy_change = kinetic_change - moved.logdensity + state.logdensity
    turned = state._replace(momentum=jax.tree.map(jnp.negative, state.momentum))
    sound = _sound(energy_change, state.position)
    stays = jax.tree.map(lambda new, old: jnp.where(sound, new, old), moved, turned)
    momentum = partially_refresh_momentum(stays.momentum, rng_key, step_size, L)
    info = mclmc.MCLMCInfo(
        logdensity=stays.logdensity,
        kinetic_change=kinetic_change,
        energy_change=energy_change,
        nonans=jnp.isfinite(energy_change),
    )
    return stays._replace(momentum=momentum), info


def _adjusted(settings: MCLMC) -> Kernel:
    length = settings.steps_per_proposal
    proposals = max(1, round(settings.steps_per_draw / length))

    def tune(key: Any, position: Any, log_density: Any) -> Any:
        init_key, tune_key = jax.random.split(key)
        state, adapted, steps = blackjax.adjusted_mclmc_find_L_and_step_size(
            _proposal,
            log_density,
            round(settings.num_warmup / length),
            adjusted_mclmc_dynamic.init(position, log_density, init_key),
            tune_key,
            settings.target_accept_prob,
            params=_cautious(position),
            frac_tune1=0.3,  # the step size, once before and once after the variances
            frac_tune2=0.4,  # the variances
            diagonal_preconditioning=settings.diagonal_preconditioning,
            target_num_integration_steps=length,
        )
        return state, adapted, (1 + _GRADIENTS_PER_STEP * steps).astype(jnp.int32)

    def draw(key: Any, state: Any, adapted: Any, log_density: Any) -> Any:
        def propose(i: Any, carry: Any) -> Any:
            state, accepted, diverging, steps = carry
            state, info = _proposal(
                jax.random.fold_in(key, i),
                state,
                log_density,
                adapted.step_size,
                adapted.inverse_mass_matrix,
                (length,),
            )
            accepted = accepted + info.acceptance_rate / proposals
            steps = steps + info.num_integration_steps
            return state, accepted, diverging | info.is_divergent, steps

        start = (state, jnp.zeros_like(state.logdensity), jnp.bool_(False), jnp.int32(0))
        state, accepted, diverging, steps = jax.lax.fori_loop(0, proposals, propose, start)
        stats = {
            "acceptance_rate": accepted,
            "diverging": diverging,
            "n_steps": steps,
            "step_size": adapted.step_size,
        }
        return state, stats, _GRADIENTS_PER_STEP * steps

    return Kernel(tune, draw)


_random_length = adjusted_mclmc_dynamic.make_random_trajectory_length_fn(True)


def _proposal(
    rng_key: Any,
    state: DynamicHMCState,
    logdensity_fn: Callable[..., Any],
    step_size: Any,
    inverse_mass_matrix: Any,
    integration_steps_params: tuple[Any],
) -> tuple[DynamicHMCState, Any]:
    """A trajectory of random length from a fresh momentum, accepted or not."""
    momentum_key, trajectory_key = jax.random.split(rng_key)
    integrate = isokinetic_mclachlan(logdensity_fn, inverse_mass_matrix)
    propose = adjusted_mclmc_proposal(
        lambda state, step_size, _length, _key: integrate(state, step_size),
        step_size,
        jnp.inf,
        _random_length(state.random_generator_arg, *integration_steps_params),
    )
    momentum = generate_unit_vector(momentum_key, state.position)
    begin = IntegratorState(state.position, momentum, state.logdensity, state.logdensity_grad)
    end, info, _ = propose(trajectory_key, begin)
    key = jax.random.split(state.random_generator_arg)[1]
    return DynamicHMCState(end.position, end.logdensity, end.logdensity_grad, key), info

"""Adjusted MCLMC: BlackJAX's integrator, acceptance and tuning.

The proposal is put together here because BlackJAX's own draws two vectors of normals per step that
go unused where momentum is refreshed between proposals alone.

Far beyond the stable step the momentum turns against the gradient exactly, and BlackJAX's energy
error is minus infinity, the logarithm of a zero. It would accept that with certainty. Here an error
of more than 1000 either way is refused. A trajectory and its reverse have errors of opposite sign,
so the posterior stays what it is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import blackjax
import jax
import jax.numpy as jnp
from blackjax.mcmc import adjusted_mclmc_dynamic
from blackjax.mcmc.adjusted_mclmc import adjusted_mclmc_proposal
from blackjax.mcmc.dynamic_hmc import DynamicHMCState
from blackjax.mcmc.integrators import IntegratorState, isokinetic_mclachlan
from blackjax.mcmc.proposal import static_binomial_sampling
from blackjax.util import generate_unit_vector

from bayesdrop.infer.mcmc.mclmc.dynamics import GRADIENTS_PER_STEP, Dynamics, cautious_start

if TYPE_CHECKING:
    from blackjax.adaptation.mclmc_adaptation import MCLMCAdaptationState
    from blackjax.mcmc.hmc import HMCInfo

    from bayesdrop.infer.mcmc.mclmc.settings import MCLMC


class AdjustedInfo(NamedTuple):
    """What the proposals that make a draw did, by ArviZ's names."""

    acceptance_rate: jax.Array
    diverging: jax.Array
    n_steps: jax.Array
    step_size: jax.Array


def adjusted(settings: MCLMC) -> Dynamics:
    """Proposals of several steps from a fresh momentum, accepted by their energy error."""
    length = settings.steps_per_proposal
    proposals = max(1, round(settings.steps_per_draw / length))

    def tune(
        key: jax.Array, position: jax.Array, log_density: Callable[[jax.Array], jax.Array]
    ) -> tuple[DynamicHMCState, MCLMCAdaptationState, jax.Array]:
        init_key, tune_key = jax.random.split(key)
        state, adapted, steps = blackjax.adjusted_mclmc_find_L_and_step_size(
            proposal,
            log_density,
            round(settings.num_warmup / length),
            adjusted_mclmc_dynamic.init(position, log_density, init_key),
            tune_key,
            settings.target_accept_prob,
            params=cautious_start(position),
            frac_tune1=0.375,  # the step size, once before and once after the variances
            frac_tune2=0.25,  # the variances
            num_windows=3,  # the first one's trajectories are too short for wide dimensions
            diagonal_preconditioning=settings.diagonal_preconditioning,
            target_num_integration_steps=length,
        )
        return state, adapted, jnp.int32(1 + GRADIENTS_PER_STEP * steps)

    def draw(
        key: jax.Array,
        state: DynamicHMCState,
        adapted: Any,
        log_density: Callable[[jax.Array], jax.Array],
    ) -> tuple[DynamicHMCState, MCLMCAdaptationState, AdjustedInfo, jax.Array]:
        def propose(
            i: jax.Array, carry: tuple[DynamicHMCState, jax.Array, jax.Array, jax.Array]
        ) -> tuple[DynamicHMCState, jax.Array, jax.Array, jax.Array]:
            state, accepted, diverging, steps = carry
            state, info = proposal(
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
        info = AdjustedInfo(accepted, diverging, steps, adapted.step_size)
        return state, adapted, info, GRADIENTS_PER_STEP * steps

    return Dynamics(
        tune,
        draw,
        lowest_acceptance=0.01,
        advice="Use a longer num_warmup, a higher target_accept_prob or fewer steps_per_proposal",
    )


_DIVERGENT = 1000  # an energy error, as in BlackJAX
_random_length = adjusted_mclmc_dynamic.make_random_trajectory_length_fn(True)


def proposal(
    rng_key: jax.Array,
    state: DynamicHMCState,
    logdensity_fn: Callable[[jax.Array], jax.Array],
    step_size: jax.Array,
    inverse_mass_matrix: jax.Array,
    integration_steps_params: tuple[Any],
) -> tuple[DynamicHMCState, HMCInfo]:
    """A trajectory of random length from a fresh momentum, accepted or not."""
    momentum_key, trajectory_key = jax.random.split(rng_key)
    length_key, next_key = jax.random.split(state.random_generator_arg)
    integrate = isokinetic_mclachlan(logdensity_fn, inverse_mass_matrix)
    propose = adjusted_mclmc_proposal(
        lambda state, step_size, _length, _key: integrate(state, step_size),
        step_size,
        jnp.inf,
        _random_length(length_key, *integration_steps_params),
        sample_proposal=_sound,
    )
    momentum = generate_unit_vector(momentum_key, state.position)
    begin = IntegratorState(state.position, momentum, state.logdensity, state.logdensity_grad)
    end, info, is_unsound = propose(trajectory_key, begin)
    info = info._replace(is_divergent=is_unsound)
    return DynamicHMCState(end.position, end.logdensity, end.logdensity_grad, next_key), info


def _sound(
    key: jax.Array, energy_loss: jax.Array, begin: IntegratorState, end: IntegratorState
) -> tuple[IntegratorState, tuple[jax.Array, jax.Array, jax.Array]]:
    """BlackJAX's choice between the ends, but for an energy error beyond all sense."""
    is_unsound = jnp.abs(energy_loss) > _DIVERGENT
    loss: Any = jnp.where(is_unsound, -jnp.inf, energy_loss)  # BlackJAX says float
    chosen, (accepted, probability, _) = static_binomial_sampling(key, loss, begin, end)
    return chosen, (accepted, probability, is_unsound)

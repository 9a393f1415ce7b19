"""MCLMC after BlackJAX's tuning of a diagonal or a low-rank mass matrix."""

from __future__ import annotations

from typing import Any

import blackjax
import jax
import jax.numpy as jnp
from blackjax.adaptation.mclmc_adaptation import MCLMCAdaptationState
from blackjax.mcmc import mclmc

from bayesdrop.infer.mcmc.mclmc.dynamics import GRADIENTS_PER_STEP, cautious_start
from ready_made.problem import Draws, Problem, Size


def mclmc_diagonal(problem: Problem, keys: Any, size: Size) -> Draws:
    """BlackJAX's MCLMC, each chain tuned by itself."""
    kernel = mclmc.build_kernel()

    def tuned(key: Any) -> Any:
        start_key, init_key, key = jax.random.split(key, 3)
        start = problem.start(start_key)
        return blackjax.mclmc_find_L_and_step_size(
            kernel,
            size.mclmc_warmup,
            mclmc.init(start, problem.density, init_key),
            key,
            problem.density,
            params=cautious_start(start),
        )[:2]

    states, parameters = jax.jit(lambda keys: jax.lax.map(tuned, keys))(keys)
    taken = len(keys) * GRADIENTS_PER_STEP * size.mclmc_warmup
    return _moved(problem, states, parameters, keys, size, taken)


def mclmc_low_rank(problem: Problem, keys: Any, size: Size) -> Draws:
    """BlackJAX's MCLMC, whose metric, step and length one pilot chain and all others find."""
    pilot_key, warmup_key = jax.random.split(jax.random.fold_in(keys[0], 2))
    found = blackjax.mclmc_lrd_warmup(
        problem.density,
        jax.jit(problem.start)(pilot_key),
        warmup_key,
        pilot_num_warmup=size.mclmc_warmup // 2,
        pilot_num_samples=size.mclmc_warmup,
        lrd_num_steps=size.mclmc_warmup // 4,
        num_chains=len(keys),
    )

    def begun(key: Any) -> Any:
        start_key, init_key = jax.random.split(key)
        return mclmc.init(problem.start(start_key), problem.density, init_key)

    states = jax.jit(lambda keys: jax.lax.map(begun, keys))(keys)
    shared = (found.L, found.step_size, found.inverse_mass_matrix)
    parameters = jax.tree.map(lambda leaf: jnp.stack([jnp.asarray(leaf)] * len(keys)), shared)
    pilot = size.mclmc_warmup // 2 + size.mclmc_warmup
    steps = pilot + len(keys) * (size.mclmc_warmup // 4)
    tuned = MCLMCAdaptationState(*parameters)
    return _moved(problem, states, tuned, keys, size, GRADIENTS_PER_STEP * steps)


def _moved(
    problem: Problem, states: Any, parameters: Any, keys: Any, size: Size, taken: int
) -> Draws:
    kernel = mclmc.build_kernel()

    def chain(at: Any) -> Any:
        state, adapted, key = at

        def step(state: Any, key: Any) -> Any:
            moved, _ = kernel(
                key,
                state,
                problem.density,
                adapted.inverse_mass_matrix,
                adapted.L,
                adapted.step_size,
            )
            return moved, None

        def draw(state: Any, key: Any) -> Any:
            state, _ = jax.lax.scan(step, state, jax.random.split(key, size.thinning))
            return state, state.position

        return jax.lax.scan(draw, state, jax.random.split(key, size.mclmc_draws))[1]

    keys = jax.vmap(lambda key: jax.random.fold_in(key, 1))(keys)
    vectors = jax.jit(lambda at: jax.lax.map(chain, at))((states, parameters, keys))
    steps = len(keys) * size.mclmc_draws * size.thinning
    return Draws(vectors, taken + GRADIENTS_PER_STEP * steps)

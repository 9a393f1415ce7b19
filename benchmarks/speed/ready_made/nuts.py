"""NUTS after BlackJAX's window adaptation of a diagonal or a low-rank mass matrix."""

from __future__ import annotations

from typing import Any

import blackjax
import jax

from ready_made.problem import Draws, Problem, Size

DEPTH = 8


def nuts(problem: Problem, keys: Any, size: Size, low_rank: bool) -> Draws:
    """BlackJAX's NUTS, one chain after the other."""
    adaptations: Any = (blackjax.window_adaptation, blackjax.window_adaptation_low_rank)
    warmup = adaptations[low_rank](blackjax.nuts, problem.density, max_num_doublings=DEPTH)

    def chain(key: Any) -> Any:
        start_key, warmup_key, key = jax.random.split(key, 3)
        start = problem.start(start_key)
        adapted: Any = warmup.run(warmup_key, start, num_steps=size.nuts_warmup)
        (state, parameters), trace = adapted
        step = blackjax.nuts(problem.density, **parameters).step

        def draw(state: Any, key: Any) -> Any:
            info: Any
            state, info = step(key, state)
            return state, (state.position, info.num_integration_steps)

        _, (vectors, steps) = jax.lax.scan(draw, state, jax.random.split(key, size.nuts_draws))
        return vectors, steps.sum() + trace.info.num_integration_steps.sum()

    vectors, steps = jax.jit(lambda keys: jax.lax.map(chain, keys))(keys)
    return Draws(vectors, int(steps.sum()))

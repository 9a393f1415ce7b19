"""LAPS, the late adjusted parallel sampler: many chains, of which the last states are kept."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
from blackjax.adaptation.laps import laps

from ready_made.problem import Draws, Problem, Size


def late_adjusted(problem: Problem, keys: Any, size: Size) -> Draws:
    """LAPS; the chains' last states, taken as draws of four chains."""
    many = jax.random.split(keys[0], size.laps_chains)
    starts = jax.jit(lambda keys: jax.lax.map(problem.start, keys, batch_size=64))(many)
    *_, state = laps(
        problem.density,
        lambda key: starts[jax.random.randint(key, (), 0, len(starts))],  # it gives a key alone
        starts.shape[1],
        size.laps_steps // 2,
        size.laps_steps // 2,
        size.laps_chains,
        jax.sharding.Mesh(np.array(jax.devices()[:1]), "chains"),
        keys[1],
        diagnostics=False,
    )
    vectors = state.position.reshape(len(keys), -1, starts.shape[1])
    return Draws(vectors, size.laps_chains * size.laps_steps)  # both halves count gradients

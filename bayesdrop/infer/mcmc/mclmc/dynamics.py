"""What MCLMC's two kernels share: how a chain moves, and where its tuning starts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from blackjax.adaptation.mclmc_adaptation import MCLMCAdaptationState
from blackjax.util import pytree_size

GRADIENTS_PER_STEP = 2
"""Gradients that a step of McLachlan's integrator takes."""

_FIRST_STEP = 1e-3  # root mean square move of a dimension, on the unconstrained scale


class Dynamics(NamedTuple):
    """How a chain moves.

    Attributes
    ----------
    tune
        ``tune(key, position, log_density)`` → state, what was adapted, gradients taken.
    draw
        ``draw(key, state, adapted, log_density)`` → state, adapted, info, gradients taken.
    lowest_acceptance
        A chain that accepts less than this of its steps or proposals has run away or is stuck.
    advice
        What to do if all have.
    """

    tune: Callable[..., Any]
    draw: Callable[..., Any]
    lowest_acceptance: float
    advice: str


def cautious_start(position: jax.Array) -> MCLMCAdaptationState:
    """Where tuning starts: BlackJAX's own first step throws a chain far from a trained point."""
    dimensions = pytree_size(position)
    length = dimensions**0.5
    ones: Any = jnp.ones(dimensions)
    return MCLMCAdaptationState(length, _FIRST_STEP * length, inverse_mass_matrix=ones)

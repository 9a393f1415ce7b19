"""A sampler's start by early stopping: the trained point that suits held-out rows best.

A mode of the density can know the training rows by heart, with a noise scale far below the
posterior's. Steps of a chain that is tuned there stay short after it has left. So a tenth of the
rows is held out, drawn anew for every chain, and the training's point with the largest likelihood
of those rows is the start (Prechelt 1998, "Early stopping, but when?"). The chain itself has all
rows.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from numpyro.handlers import substitute, trace
from numpyro.infer.util import constrain_fn

from bayesdrop.infer.engine.adam import Trainer, Training
from bayesdrop.programs.numpyro_density import Program, Values

_HELD_OUT = 10
"""One row in so many is held out."""

_LOOKS = 50
"""How often a training looks at the held-out rows."""


def early_stopped(trainer: Trainer, key: jax.Array, data: tuple[jax.Array, jax.Array]) -> Values:
    """The unconstrained values at the best of some looks; with fewer than 20 rows, the last."""
    X, y = map(jnp.asarray, data)
    count = len(X) // _HELD_OUT
    if count < 2:
        return trainer.train(key, data)
    order_key, key = jax.random.split(key)
    order = jax.random.permutation(order_key, len(X))
    held, kept = order[:count], order[count:]
    epochs = trainer.batches(len(X) - count)[2]
    looks = min(_LOOKS, epochs)

    def look(
        index: jax.Array, carry: tuple[Training, Values, jax.Array]
    ) -> tuple[Training, Values, jax.Array]:
        state, best, largest = carry
        begin, end = index * epochs // looks, (index + 1) * epochs // looks
        state, _ = trainer.advance(state, (X[kept], y[kept], begin, end))
        score = log_likelihood(trainer.program, state.values, X[held], y[held])
        better = score > largest
        best = jax.tree.map(lambda new, old: jnp.where(better, new, old), state.values, best)
        return state, best, jnp.where(better, score, largest)

    state = trainer.start(key, (X[kept], y[kept]))
    return jax.lax.fori_loop(0, looks, look, (state, state.values, -jnp.inf))[1]


def log_likelihood(program: Program, values: Values, X: jax.Array, y: jax.Array) -> Any:
    """log p(y given X and unconstrained ``values``), rows by their weights, a number."""
    own = constrain_fn(program, (X, y), {}, values)
    sites = trace(substitute(program, data=own)).get_trace(X, y).values()
    observed = [site for site in sites if site["type"] == "sample" and site["is_observed"]]
    return sum(_weighted(site["fn"].log_prob(site["value"]), site["scale"]) for site in observed)


def _weighted(log_probs: jax.Array, scale: jax.Array | float | None) -> jax.Array:
    """Their sum. A scale that is a number is that of a minibatch, and 1 here; a factor has none."""
    return (log_probs if scale is None or isinstance(scale, float) else log_probs * scale).sum()

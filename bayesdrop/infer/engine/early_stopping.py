"""A sampler's start by early stopping: the trained point that suits held-out rows best.

A mode of the density can know the training rows by heart, with a noise scale far below the
posterior's. Steps of a chain that is tuned there stay short after it has left. So a tenth of the
rows is held out, drawn anew for every chain, and the training's point with the largest likelihood
of those rows is the start. The training ends when no such point has been found for a fifth of its
greatest length (Prechelt 1998, "Early stopping, but when?"). The chain itself has all rows.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from numpyro.handlers import substitute, trace
from numpyro.infer.util import constrain_fn

from bayesdrop.infer.engine.adam import Trainer, Training
from bayesdrop.programs.numpyro_density import Program, Values

_HELD_OUT = 10
"""One row in so many is held out."""

_LOOKS = 50
"""How often the longest training looks at the held-out rows."""

_PATIENCE = 5
"""A training ends after one in so many of its looks without a better point."""


class Start(NamedTuple):
    """Unconstrained values, and how many steps of training were made."""

    values: Values
    steps: jax.Array


class _Looks(NamedTuple):
    """A training that looks at held-out rows.

    ``best`` has been its best point since look ``at``, of the ``made`` ones.
    """

    training: Training
    best: Values
    largest: jax.Array
    at: jax.Array
    made: jax.Array


def early_stopped(trainer: Trainer, key: jax.Array, data: tuple[jax.Array, jax.Array]) -> Start:
    """The best point of a training that stops early; with fewer than 20 rows, its end."""
    X, y = map(jnp.asarray, data)
    held_out = len(X) // _HELD_OUT
    if held_out < 2:
        _, per_epoch, epochs = trainer.batches(len(X))
        return Start(trainer.train(key, data), jnp.int32(epochs * per_epoch))
    order_key, key = jax.random.split(key)
    order = jax.random.permutation(order_key, len(X))
    held, kept = order[:held_out], order[held_out:]
    _, per_epoch, epochs = trainer.batches(len(kept))
    looks = min(_LOOKS, epochs)
    patience = -(-looks // _PATIENCE)

    def epoch(look: jax.Array | int) -> Any:
        return look * epochs // looks

    def goes_on(state: _Looks) -> Any:
        patient = (state.made - state.at < patience) | jnp.isneginf(state.largest)
        return (state.made < looks) & patient

    def look(state: _Looks) -> _Looks:
        begin, end = epoch(state.made), epoch(state.made + 1)
        training, _ = trainer.advance(state.training, (X[kept], y[kept], begin, end))
        score = log_likelihood(trainer.program, training.values, X[held], y[held])
        made, better = state.made + 1, score > state.largest
        new, old = (training.values, score, made), (state.best, state.largest, state.at)
        best, largest, at = jax.tree.map(lambda a, b: jnp.where(better, a, b), new, old)
        return _Looks(training, best, largest, at, made)

    training = trainer.start(key, (X[kept], y[kept]))
    first = _Looks(training, training.values, jnp.array(-jnp.inf), jnp.int32(0), jnp.int32(0))
    last = jax.lax.while_loop(goes_on, look, first)
    failed = jnp.isneginf(last.largest)  # at every look; its end is NaN, which is refused
    values = jax.tree.map(lambda a, b: jnp.where(failed, a, b), last.training.values, last.best)
    return Start(values, epoch(last.made) * per_epoch)


def log_likelihood(program: Program, values: Values, X: jax.Array, y: jax.Array) -> Any:
    """log p(y given X and unconstrained ``values``), rows by their weights, a number."""
    own = constrain_fn(program, (X, y), {}, values)
    sites = trace(substitute(program, data=own)).get_trace(X, y).values()
    observed = [site for site in sites if site["type"] == "sample" and site["is_observed"]]
    return sum(_weighted(site["fn"].log_prob(site["value"]), site["scale"]) for site in observed)


def _weighted(log_probs: jax.Array, scale: jax.Array | float | None) -> jax.Array:
    """Their sum. A scale that is a number is that of a minibatch, and 1 here; a factor has none."""
    return (log_probs if scale is None or isinstance(scale, float) else log_probs * scale).sum()

"""Optimisation by epochs of shuffled minibatches, in chunks between progress reports."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import jax

REPORTS = 20  # progress reports over a run


def batches(rows: int, batch_size: int | None, num_steps: int) -> tuple[int, int, int]:
    """Rows per batch, batches per epoch, epochs. Leftover rows are skipped in that epoch."""
    size = min(batch_size or rows, rows)
    per_epoch = rows // size
    return size, per_epoch, -(-num_steps // per_epoch)


def gradients(rows: int, batch_size: int | None, num_steps: int) -> int:
    """Gradients over all rows that the batches amount to."""
    size, per_epoch, epochs = batches(rows, batch_size, num_steps)
    return -(-epochs * size * per_epoch // rows)


def check_loss(loss: float, first: float, step: int, learning_rate: float) -> None:
    """Raise a ``FloatingPointError`` once the loss is NaN, which no further step mends.

    A step may mend an infinite one. ``first`` is the first loss of the training: if that is NaN
    already, the steps need not be the cause.
    """
    if not math.isnan(loss):
        return
    if math.isnan(first):
        raise FloatingPointError(
            "the loss is NaN from the first on: look at the model for huge or tiny scales and at "
            f"the rows for values far away, or give a learning_rate below {learning_rate:g}"
        )
    raise FloatingPointError(
        f"the loss is NaN after {step} steps: give a learning_rate below {learning_rate:g}"
    )


def epochs_of(
    update: Callable[..., Any], batch_size: int | None, num_steps: int
) -> Callable[..., tuple[Any, jax.Array]]:
    """``advance(state, key, begin, end, X, y)`` → the state after those epochs, and the losses.

    ``update(state, X, y)`` makes one JAX step; with a minibatch it is told ``n_rows=`` of all. The
    losses are (epochs in a chunk, batches per epoch), of which ``end - begin`` rows are filled.
    """
    import jax

    def advance(
        state: Any,
        key: jax.Array,
        begin: jax.Array,
        end: jax.Array,
        X: jax.Array,
        y: jax.Array,
    ) -> tuple[Any, jax.Array]:
        size, per_epoch, epochs = batches(len(X), batch_size, num_steps)
        losses = jax.numpy.zeros((-(-epochs // REPORTS), per_epoch))

        def epoch(index: jax.Array, carry: tuple[Any, jax.Array]) -> tuple[Any, jax.Array]:
            state, losses = carry
            if size == len(X):
                state, loss = update(state, X, y)
            else:
                order = jax.random.permutation(jax.random.fold_in(key, index), len(X))
                rows = order[: size * per_epoch].reshape(per_epoch, size)
                state, loss = jax.lax.scan(
                    lambda s, i: update(s, X[i], y[i], n_rows=len(X)), state, rows
                )
            return state, losses.at[index - begin].set(loss)

        return jax.lax.fori_loop(begin, end, epoch, (state, losses))

    return advance

"""Epochs of minibatches: every row once, in another order each time, told how many there are."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from bayesdrop.infer.engine.minibatches import check_loss, epochs_of

ROWS, SIZE, EPOCHS = 12, 4, 2
X = jnp.arange(ROWS, dtype=jnp.float32)[:, None]


def told(batch_size: int | None) -> tuple[Any, Any]:
    """What an update that keeps the rows it sees, and gives the rows it is told of, has seen."""

    def update(state: Any, X: Any, y: Any, n_rows: int | None = None) -> tuple[Any, Any]:
        seen, count = state
        rows = X[:, 0] + 100 * (y[:, 0] - X[:, 0])  # whose targets must be their own
        seen = jax.lax.dynamic_update_slice(seen, rows, (count,))
        return (seen, count + len(rows)), jnp.float32(n_rows or 0)

    steps = EPOCHS * ROWS // (batch_size or ROWS)
    advance = jax.jit(epochs_of(update, batch_size, steps))
    state, losses = (jnp.zeros(EPOCHS * ROWS), jnp.int32(0)), []
    for epoch in range(EPOCHS):
        state, found = advance(state, jax.random.key(0), epoch, epoch + 1, X, X)
        losses.append(found[0])
    return state[0].reshape(EPOCHS, ROWS), np.stack(losses)


def test_an_epoch_has_every_row_once_and_says_how_many_there_are() -> None:
    seen, losses = told(SIZE)
    np.testing.assert_array_equal(np.sort(seen, axis=1), np.tile(np.arange(ROWS), (EPOCHS, 1)))
    assert not np.array_equal(seen[0], seen[1])
    np.testing.assert_array_equal(losses, np.full((EPOCHS, ROWS // SIZE), ROWS))


@pytest.mark.parametrize("batch_size", [None, ROWS, 2 * ROWS])
def test_all_rows_at_once_stay_in_their_order(batch_size: int | None) -> None:
    seen, losses = told(batch_size)
    np.testing.assert_array_equal(seen, np.tile(np.arange(ROWS), (EPOCHS, 1)))
    np.testing.assert_array_equal(losses, np.zeros((EPOCHS, 1)))  # nothing to be told


def test_a_loss_that_is_nan_ends_a_training_and_an_infinite_one_may_fall() -> None:
    check_loss(np.inf, np.inf, 3, 0.1)
    with pytest.raises(FloatingPointError, match=r"NaN after 3 steps: give a learning_rate"):
        check_loss(np.nan, 2.0, 3, 0.1)
    with pytest.raises(FloatingPointError, match="NaN from the first on: look at the model"):
        check_loss(np.nan, np.nan, 3, 0.1)

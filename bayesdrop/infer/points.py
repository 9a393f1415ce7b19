"""Points that maximise a program's log density: for modes, and for where samplers start.

Adam (Kingma & Ba 2015) by optax from a draw of the prior, its learning rate falling to 0 along a
cosine (Loshchilov & Hutter 2017), which keeps it high for longer than an exponential does.
A step costs one gradient of the log joint over the rows of its batch.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import optax
from numpyro.infer.util import constrain_fn
from numpyro.infer.util import log_density as density_of_sites

from bayesdrop.infer import unconstrained
from bayesdrop.infer.unconstrained import Program, Values


def mode_density(
    program: Program, values: Values, X: Any, y: Any, n_rows: int | None = None
) -> Any:
    """The log joint density of the sites' own values, at unconstrained ``values``.

    Without the Jacobians of the transforms, so its maximum is the mode in the sites' own units.
    Arguments as of :func:`bayesdrop.infer.unconstrained.log_density`.
    """
    options = {"n_rows": n_rows}
    own = constrain_fn(program, (X, y), options, values)
    return density_of_sites(program, (X, y), options, own)[0]


@dataclass(frozen=True)
class Trainer:
    """Adam on the log density of ``program`` for one member, as pure functions.

    :meth:`start`, :meth:`advance` and :meth:`train` take the member's own part and what all
    members share, as :func:`bayesdrop.infer.chains.over_chains` wants it.

    Parameters
    ----------
    num_steps
        Optimisation steps, rounded up to whole epochs.
    learning_rate
        The first; it falls to 0 over the training.
    batch_size
        Rows per step, reshuffled every epoch; ``None`` (default) uses all.
    density
        What is maximised: :func:`mode_density`, or the default
        :func:`bayesdrop.infer.unconstrained.log_density`, whose Jacobians keep scales off 0, as a
        sampler's start needs it.
    """

    program: Program
    num_steps: int
    learning_rate: float = 0.01
    batch_size: int | None = None
    density: Callable[..., Any] = unconstrained.log_density

    def batches(self, rows: int) -> tuple[int, int, int]:
        """Rows per batch, batches per epoch, epochs; rows beyond full batches wait an epoch."""
        size = min(self.batch_size or rows, rows)
        per_epoch = rows // size
        return size, per_epoch, -(-self.num_steps // per_epoch)

    def start(self, key: Any, data: tuple[Any, Any]) -> Any:
        """The state before the first step, at a draw of the prior."""
        draw_key, order_key = jax.random.split(key)
        values = unconstrained.prior_draw(self.program, draw_key, *data)
        return {"values": values, "adam": self._adam.init(values), "key": order_key}

    def advance(self, state: Any, shared: tuple[Any, Any, Any, Any]) -> tuple[Any, Any]:
        """The state after epochs ``begin`` to ``end``, and each epoch's mean −log density.

        ``shared`` is (X, y, begin, end). Losses have one entry per epoch of the whole training;
        those of other epochs are 0, so that parts add up.
        """
        X, y, begin, end = shared
        size, per_epoch, epochs = self.batches(len(X))

        def step(state: Any, rows: Any) -> Any:
            batch = (X, y) if size == len(X) else (X[rows], y[rows])

            def loss(values: Values) -> Any:
                return -self.density(self.program, values, *batch, n_rows=len(X))

            value, gradient = jax.value_and_grad(loss)(state["values"])
            update, adam = self._adam.update(gradient, state["adam"], state["values"])
            moved = optax.apply_updates(state["values"], update)
            return {**state, "values": moved, "adam": adam}, value

        def epoch(index: Any, carry: Any) -> Any:
            state, losses = carry
            if size == len(X):
                state, loss = step(state, None)
            else:
                order = jax.random.permutation(jax.random.fold_in(state["key"], index), len(X))
                state, found = jax.lax.scan(
                    step, state, order[: size * per_epoch].reshape(per_epoch, size)
                )
                loss = found.mean()
            return state, losses.at[index].set(loss)

        return jax.lax.fori_loop(begin, end, epoch, (state, jnp.zeros(epochs)))

    def train(self, key: Any, data: tuple[Any, Any]) -> Values:
        """The unconstrained values after all steps."""
        epochs = self.batches(len(data[0]))[2]
        state, _ = self.advance(self.start(key, data), (*data, 0, epochs))
        return state["values"]

    @property
    def _adam(self) -> optax.GradientTransformation:
        return optax.adam(optax.cosine_decay_schedule(self.learning_rate, self.num_steps))

"""Points that maximise a program's log density: for modes, and for where samplers start.

Adam (Kingma & Ba 2015) by optax from a draw of the prior, its learning rate falling to 0 along a
cosine (Loshchilov & Hutter 2017), which keeps it high for longer than an exponential does.
A step costs one gradient of the log joint over the rows of its batch, and over as many held-out
rows where there are any. Steps grow with the prior's standard deviation, if that is above 1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from numpyro.infer.util import constrain_fn
from numpyro.infer.util import log_density as density_of_sites

from bayesdrop.infer.engine.widths import Widths
from bayesdrop.programs import numpyro_density
from bayesdrop.programs.numpyro_density import Program, Values

_SQUARES_DECAY = 0.99
"""How slowly Adam forgets squared gradients: at the usual 0.999 those of a bad start, a thousand
times the later ones, still hold a noise scale back after thousands of steps."""


class Training(NamedTuple):
    """Where a training is: unconstrained values, Adam's averages, and the keys of its choices.

    ``split_key`` draws the rows that are held out, ``order_key`` the order of the others in every
    epoch, and ``held_key`` which held-out rows a step takes.
    """

    values: Values
    adam: optax.OptState
    split_key: jax.Array
    order_key: jax.Array
    held_key: jax.Array


def mode_density(
    program: Program, values: Values, X: jax.Array, y: jax.Array, n_rows: int | None = None
) -> Any:
    """The log joint density of the sites' own values, at unconstrained ``values``.

    Without the Jacobians of the transforms, so its maximum is the mode in the sites' own units.
    The arguments are those of :func:`bayesdrop.programs.numpyro_density.log_density`.
    """
    options = {"n_rows": n_rows}
    own = constrain_fn(program, (X, y), options, values)
    return density_of_sites(program, (X, y), options, own)[0]


@dataclass(frozen=True)
class Trainer:
    """Adam on the log density of ``program`` for one member, as pure functions.

    :meth:`start`, :meth:`advance` and :meth:`train` take the member's own part and what all
    members share, as :func:`bayesdrop.infer.engine.devices.over_chains` wants it.

    Parameters
    ----------
    program
        It has the density.
    widths
        The factor of the learning rate of every site of ``program``: see
        :func:`bayesdrop.infer.engine.widths.prior_widths`.
    num_steps
        Optimisation steps, rounded up to whole epochs.
    learning_rate
        The first; it falls to 0 over the training.
    batch_size
        Rows per step, reshuffled every epoch; ``None`` (default) uses all.
    density
        What is maximised: :func:`mode_density`, or the default
        :func:`bayesdrop.programs.numpyro_density.log_density`, whose Jacobians keep scales
        off 0, as a sampler's start needs it.
    apart
        Names of sites that do not follow the training rows but the held-out ones, and stay where
        they are if there are none. Default: no site.
    held_out
        Share of the rows that a member draws for these sites alone. Default 0.
    """

    program: Program
    widths: Widths
    num_steps: int
    learning_rate: float = 0.01
    batch_size: int | None = None
    density: Callable[..., Any] = numpyro_density.log_density
    apart: tuple[str, ...] = ()
    held_out: float = 0.0

    def held_rows(self, rows: int) -> int:
        """How many of so many rows are held out: at least one, if any, and never all."""
        return min(rows - 1, max(1, round(self.held_out * rows))) if self.held_out else 0

    def held_batch(self, rows: int) -> int:
        """How many of the held-out rows a step takes: as many as a batch has, if there are."""
        return min(self.batch_size or rows, self.held_rows(rows))

    def batches(self, rows: int) -> tuple[int, int, int]:
        """Rows per batch, batches per epoch, epochs. Leftover rows are skipped in that epoch."""
        rows -= self.held_rows(rows)
        size = min(self.batch_size or rows, rows)
        per_epoch = rows // size
        return size, per_epoch, -(-self.num_steps // per_epoch)

    def start(self, key: jax.Array, data: tuple[jax.Array, jax.Array]) -> Training:
        """The state before the first step, at a draw of the prior."""
        draw_key, key = jax.random.split(key)
        return self.start_at(numpyro_density.prior_draw(self.program, draw_key, *data), key)

    def start_at(self, values: Values, key: jax.Array) -> Training:
        """The state before the first step, at unconstrained ``values``.

        Raises
        ------
        ValueError
            ``widths`` lacks one of their sites.
        """
        if unknown := sorted(values.keys() - dict(self.widths).keys()):
            raise ValueError(f"the widths lack {', '.join(unknown)}: give those of all sites")
        return Training(values, self._adam.init(values), *jax.random.split(key, 3))

    def advance(
        self,
        state: Training,
        shared: tuple[jax.Array, jax.Array, jax.Array | int, jax.Array | int],
    ) -> tuple[Training, jax.Array]:
        """The state after epochs ``begin`` to ``end``, and each epoch's mean −log density.

        ``shared`` is (X, y, begin, end). Losses have one entry per epoch of the whole training;
        those of other epochs are 0, so that parts add up.
        """
        X, y, begin, end = shared
        size, per_epoch, epochs = self.batches(len(X))
        widths = dict(self.widths)
        held_size = self.held_batch(len(X))
        order_key, held_key = state.order_key, state.held_key
        held = None
        if count := self.held_rows(len(X)):
            order = jax.random.permutation(state.split_key, len(X))
            held = X[order[:count]], y[order[:count]]
            X, y = X[order[count:]], y[order[count:]]

        def step(
            state: Training, chosen: tuple[jax.Array, jax.Array | None]
        ) -> tuple[Training, jax.Array]:
            key, rows = chosen
            batch = (X, y) if size == len(X) else (X[rows], y[rows])
            held_batch = held
            if held is not None and held_size < count:
                index = jax.random.randint(key, (held_size,), 0, count)
                held_batch = held[0][index], held[1][index]
            (_, loss), gradient = jax.value_and_grad(self._objective, has_aux=True)(
                state.values, batch, len(X), held_batch, count
            )
            update: Any
            update, adam = self._adam.update(gradient, state.adam, state.values)
            update = {name: widths[name] * moves for name, moves in update.items()}
            moved = optax.apply_updates(state.values, update)
            return state._replace(values=moved, adam=adam), loss

        def epoch(
            index: jax.Array, carry: tuple[Training, jax.Array]
        ) -> tuple[Training, jax.Array]:
            state, losses = carry
            keys = jax.random.split(jax.random.fold_in(held_key, index), per_epoch)
            if size == len(X):
                state, loss = step(state, (keys[0], None))
            else:
                order = jax.random.permutation(jax.random.fold_in(order_key, index), len(X))
                batches = (keys, order[: size * per_epoch].reshape(per_epoch, size))
                state, found = jax.lax.scan(step, state, batches)
                loss = found.mean()
            return state, losses.at[index].set(loss)

        return jax.lax.fori_loop(begin, end, epoch, (state, jnp.zeros(epochs)))

    def train(self, key: jax.Array, data: tuple[jax.Array, jax.Array]) -> Values:
        """The unconstrained values after all steps."""
        epochs = self.batches(len(data[0]))[2]
        state, _ = self.advance(self.start(key, data), (*data, 0, epochs))
        return state.values

    def _objective(
        self,
        values: Values,
        batch: tuple[jax.Array, jax.Array],
        n_rows: int,
        held: tuple[jax.Array, jax.Array] | None,
        n_held: int,
    ) -> tuple[jax.Array, jax.Array]:
        """What the gradient is taken of, and −log density at the batch."""
        apart = {name: values[name] for name in self.apart}
        fixed = jax.lax.stop_gradient(apart)
        loss = -self.density(self.program, {**values, **fixed}, *batch, n_rows=n_rows)
        if held is None:
            return loss, loss
        others = jax.lax.stop_gradient(values)
        followed = self.density(self.program, {**others, **apart}, *held, n_rows=n_held)
        return loss - followed, loss

    @property
    def _adam(self) -> optax.GradientTransformation:
        schedule = optax.cosine_decay_schedule(self.learning_rate, self.num_steps)
        return optax.adam(schedule, b2=_SQUARES_DECAY)

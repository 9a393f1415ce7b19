"""The one loop that every sampler runs in.

A sampler is a :class:`Kernel`: pure functions of one chain. The driver has the rest: keys, buffers
for the draws, chains over devices, compilation once per shape, progress reports.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from bayesdrop.data.training import TrainingData
from bayesdrop.infer.engine import devices
from bayesdrop.infer.engine.compiled import Compiled, Meter
from bayesdrop.infer.engine.devices import ChainMethod
from bayesdrop.progress import Progress, task

_REPORTS = 20  # progress reports over a run

Rows = tuple[Any, Any]
"""Standardised inputs and target. They are arguments, so that every data set of one shape runs the
same compiled program."""


class Draw(NamedTuple):
    """What is kept of one draw.

    Attributes
    ----------
    values
        Site name → its value in its own support.
    stats
        ArviZ name → number.
    expectations
        Site name → its mean given the rest of the draw, where that is known exactly.
    """

    values: dict[str, Any]
    stats: dict[str, Any]
    expectations: dict[str, Any] = {}  # noqa: RUF012


class Kernel(NamedTuple):
    """A sampler: how one chain starts, is tuned and moves. A state is a NamedTuple of arrays.

    Attributes
    ----------
    init
        ``init(key, rows)`` → the state before the first step.
    step
        ``step(index, state, rows)`` → the state after step ``index``, and an info NamedTuple.
    observe
        ``observe(state, info, rows)`` → the :class:`Draw`.
    gradients
        ``gradients(states, num_rows)`` → gradients of the log joint over all rows that the chains
        have taken; the states have the chains first.
    tune
        ``tune(key, states, rows, each_chain)`` → tuned states of all chains. ``each_chain`` makes
        a function ``f(chain, shared)`` of one chain that of all. ``None`` (default) if steps
        tune themselves.
    num_discarded
        Steps that are warm-up. Default 0.
    init_work, tune_work, step_work
        How many units of progress each of them reports. Defaults 0, 0 and 1.
    """

    init: Callable[[Any, Rows], Any]
    step: Callable[[Any, Any, Rows], tuple[Any, Any]]
    observe: Callable[[Any, Any, Rows], Draw]
    gradients: Callable[[Any, int], int]
    tune: Callable[..., Any] | None = None
    num_discarded: int = 0
    init_work: int = 0
    tune_work: int = 0
    step_work: int = 1


class Sampled(NamedTuple):
    """The draws of all chains, each array (chain, draw, …), and what they took."""

    draw: Draw
    seconds: dict[str, float]
    info: dict[str, Any]


class _Carry(NamedTuple):
    state: Any
    kept: Draw


class Sampler:
    """A kernel over all chains, compiled once per shape of the data."""

    def __init__(
        self, kernel: Kernel, num_samples: int, num_chains: int, chain_method: ChainMethod
    ) -> None:
        self._kernel, self._num_samples, self._num_chains = kernel, num_samples, num_chains
        self._chain_method: ChainMethod = devices.resolve(chain_method, num_chains)
        self._init = Compiled(self._each_chain(self._started))
        self._tune = Compiled(self._tuned)
        self._advance = Compiled(self._each_chain(self._advanced), donate=(0,))

    def run(self, name: str, data: TrainingData, seed: int, progress: Progress) -> Sampled:
        """Sample; ``name`` is what progress reports call it."""
        kernel, meter = self._kernel, Meter(self._init, self._tune, self._advance)
        rows = (jnp.asarray(data.X_standardised), jnp.asarray(data.y_standardised))
        keys = jax.random.split(jax.random.key(seed), self._num_chains + 1)
        steps = kernel.num_discarded + self._num_samples
        chunk = -(-steps // _REPORTS)
        with task(progress, name, kernel.init_work + kernel.tune_work + steps * kernel.step_work):
            carry = jax.block_until_ready(self._init(keys[:-1], rows))
            if kernel.init_work:
                progress.advance(kernel.init_work, "trained")
            if kernel.tune is not None:
                carry = jax.block_until_ready(self._tune(keys[-1], carry, rows))
                progress.advance(kernel.tune_work, "tuned")
            for begin in range(0, steps, chunk):
                end = min(begin + chunk, steps)
                carry = jax.block_until_ready(self._advance(carry, (rows, begin, end)))
                progress.advance((end - begin) * kernel.step_work)
        info = {
            **meter.info(),
            "chain_method": self._chain_method,
            "gradients": kernel.gradients(carry.state, data.rows),
        }
        return Sampled(jax.tree.map(np.asarray, carry.kept), meter.seconds(), info)

    def _each_chain(self, function: Callable[..., Any]) -> Callable[..., Any]:
        return devices.over_chains(function, self._num_chains, self._chain_method)

    def _started(self, key: Any, rows: Rows) -> Any:
        state = self._kernel.init(key, rows)
        return state if self._kernel.tune is not None else self._with_buffers(state, rows)

    def _tuned(self, key: Any, states: Any, rows: Rows) -> Any:
        assert self._kernel.tune is not None
        tuned = self._kernel.tune(key, states, rows, self._each_chain)
        return self._each_chain(self._with_buffers)(tuned, rows)

    def _with_buffers(self, state: Any, rows: Rows) -> _Carry:
        kernel = self._kernel
        shapes = jax.eval_shape(lambda: kernel.observe(*kernel.step(0, state, rows), rows))
        size = self._num_samples
        kept = jax.tree.map(lambda leaf: jnp.zeros((size, *leaf.shape), leaf.dtype), shapes)
        return _Carry(state, kept)

    def _advanced(self, carry: _Carry, shared: tuple[Rows, Any, Any]) -> _Carry:
        rows, begin, end = shared

        def one(index: Any, carry: _Carry) -> _Carry:
            state, info = self._kernel.step(index, carry.state, rows)
            draw = index - self._kernel.num_discarded
            slot = jnp.where(draw < 0, self._num_samples, draw)  # out of range: dropped
            kept = jax.tree.map(
                lambda buffer, new: buffer.at[slot].set(new, mode="drop"),
                carry.kept,
                self._kernel.observe(state, info, rows),
            )
            return _Carry(state, kept)

        return jax.lax.fori_loop(begin, end, one, carry)

"""A kernel over all chains of all data sets, compiled once per shape of the data."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar

import jax
import jax.numpy as jnp

from bayesdrop.infer.engine import devices
from bayesdrop.infer.engine.chain_method import ChainMethod
from bayesdrop.infer.engine.compiled import Compiled
from bayesdrop.infer.mcmc.chain_states import check_starts, from_arrays, reseeded
from bayesdrop.infer.mcmc.kept_draws import Arrays
from bayesdrop.infer.mcmc.kernel import Draw, Kernel, Rows
from bayesdrop.progress import Progress

T = TypeVar("T")

CHUNK = 50  # steps of a chunk at most


class Keys(NamedTuple):
    """The random keys of all chains, of the tuning, and of the superchains' starts."""

    chains: jax.Array
    tune: jax.Array
    starts: jax.Array


class AllChains:
    """The three programs of a kernel: its chains start, are tuned, and advance by a chunk.

    Parameters
    ----------
    kernel
        The sampler.
    num_chains
        The number of chains.
    chain_method
        Where chains run.
    num_superchains
        Groups of chains that share a start, in the order of the chains. ``None``: every chain has
        its own.
    num_sets
        The number of data sets, of one shape, that run as one program.

    Attributes
    ----------
    method
        Where chains run, never ``"auto"``.
    programs
        What is compiled.
    """

    def __init__(
        self,
        kernel: Kernel,
        num_chains: int,
        chain_method: ChainMethod,
        num_superchains: int | None,
        num_sets: int,
    ) -> None:
        self._kernel = kernel
        self._num_chains, self._num_superchains = num_chains, num_superchains
        self._num_sets = num_sets
        self.method: ChainMethod = devices.resolve(chain_method, num_chains)
        self._start = Compiled(self._each_set(self._started))
        self._tune = Compiled(self._each_set(self._tuned))
        chains = self._each_chain(self._advanced)
        self._advance = Compiled(self._each_set(chains, (0, (0, None, None))), donate=(0,))
        self._placed = jax.jit(self._each_chain(lambda state, _: state))
        self._like: Any = None
        self.programs = (self._start, self._tune, self._advance)

    def begun(self, seeds: Sequence[int], rows: Rows, progress: Progress) -> Any:
        """Where the chains are before the first step; a seed for each data set.

        Raises
        ------
        FloatingPointError
            Training left starts NaN or infinite: one, or all where such chains are left out.
        """
        kernel = self._kernel
        keys = self.stacked([self._keys(seed) for seed in seeds])
        states = jax.block_until_ready(self._start(keys, rows))
        if kernel.learning_rate is not None:
            for own in self.parts(states):
                check_starts(
                    own, kernel.learning_rate, may_lose=kernel.lowest_acceptance is not None
                )
        if kernel.init_work:
            progress.advance(kernel.init_work, "trained")
        if kernel.tune is not None:
            states = jax.block_until_ready(self._tune(keys.tune, states, rows))
            progress.advance(kernel.tune_work, "tuned")
        self._like = jax.tree.map(lambda leaf: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype), states)
        return states

    def restored(self, state: Arrays, rows: Rows) -> Any:
        """Where the chains of an earlier fit are, on their devices."""

        def begun(keys: Keys) -> Any:
            states = self._started(keys, rows)
            return states if self._kernel.tune is None else self._tuned(keys.tune, states, rows)

        if self._like is None:
            self._like = jax.eval_shape(begun, self._keys(0))
        return self._placed(from_arrays(state, self._like), None)

    def advanced(self, states: Any, rows: Rows, begin: int, end: int) -> tuple[Any, Draw]:
        """Where the chains are after steps ``begin`` to ``end``, and the draws of those steps.

        The given states are used up. The draws are buffers of :data:`CHUNK` steps, of which the
        first ``end - begin`` count, without steps of the warm-up.
        """
        return jax.block_until_ready(self._advance(states, (rows, begin, end)))

    def stacked(self, each: Sequence[T]) -> T:
        """What belongs to each data set as one tree, with an axis for them if there is one."""
        if self._num_sets == 1:
            return each[0]
        return jax.tree.map(lambda *leaves: jnp.stack(leaves), *each)

    def parts(self, tree: T) -> list[T]:
        """What belongs to each data set."""
        if self._num_sets == 1:
            return [tree]
        return [jax.tree.map(lambda leaf, k=k: leaf[k], tree) for k in range(self._num_sets)]

    def _keys(self, seed: int) -> Keys:
        shared = self._num_superchains or 0
        keys = jax.random.split(jax.random.key(seed), self._num_chains + 1 + shared)
        chains = self._num_chains
        return Keys(keys[:chains], keys[chains], keys[chains + 1 :])

    def _each_set(self, function: Callable[..., Any], axes: Any = 0) -> Callable[..., Any]:
        return function if self._num_sets == 1 else jax.vmap(function, in_axes=axes)

    def _each_chain(self, function: Callable[..., Any]) -> Callable[..., Any]:
        return devices.over_chains(function, self._num_chains, self.method)

    def _started(self, keys: Keys, rows: Rows) -> Any:
        if self._num_superchains is None:
            return self._each_chain(self._kernel.init)(keys.chains, rows)
        count = self._num_superchains
        starts = devices.over_chains(self._kernel.init, count, self.method)(keys.starts, rows)
        which = jnp.repeat(jnp.arange(count), self._num_chains // count)
        states = jax.tree.map(lambda leaf: leaf[which], starts)
        return self._each_chain(lambda chain, _: reseeded(*chain))((keys.chains, states), None)

    def _tuned(self, key: jax.Array, states: Any, rows: Rows) -> Any:
        """Tuned chains, each where its steps are: from elsewhere they would be compiled twice."""
        assert self._kernel.tune is not None
        tuned = self._kernel.tune(key, states, rows, self._each_chain)
        return self._each_chain(lambda state, _: state)(tuned, None)

    def _advanced(self, state: Any, shared: tuple[Rows, jax.Array, jax.Array]) -> tuple[Any, Draw]:
        """Where a chain is after steps ``begin`` to ``end``, and buffers with the draws of them.

        The buffers have one size in every run: in another one the last digits might differ.
        """
        kernel = self._kernel
        rows, begin, end = shared
        shapes = jax.eval_shape(lambda: kernel.observe(*kernel.step(0, state, rows), rows))
        kept = jax.tree.map(lambda leaf: jnp.zeros((CHUNK, *leaf.shape), leaf.dtype), shapes)

        def one(index: jax.Array, carry: tuple[Any, Draw]) -> tuple[Any, Draw]:
            state, info = kernel.step(index, carry[0], rows)
            slot = jnp.where(index < kernel.num_discarded, CHUNK, index - begin)  # or dropped
            kept = jax.tree.map(
                lambda buffer, new: buffer.at[slot].set(new, mode="drop"),
                carry[1],
                kernel.observe(state, info, rows),
            )
            return state, kept

        return jax.lax.fori_loop(begin, end, one, (state, kept))

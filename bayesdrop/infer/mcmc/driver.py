"""The one loop that every sampler runs in.

A sampler is a :class:`~bayesdrop.infer.mcmc.kernel.Kernel`: pure functions of one chain. The driver
has the rest: keys, starts that chains share, chains over devices, compilation once per shape,
progress reports, when to stop, Ctrl-C, and how chains go on. It runs in chunks, and a device holds
the draws of one. The same program makes the chunks of all runs, so that a run that stops, is
interrupted or goes on has the bits of any other.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from bayesdrop.bound import BoundModel
from bayesdrop.data.training import TrainingData
from bayesdrop.infer.engine import devices
from bayesdrop.infer.engine.compiled import Compiled, Meter
from bayesdrop.infer.engine.devices import ChainMethod
from bayesdrop.infer.mcmc.chain_states import are_lost, from_arrays, reseeded, to_arrays
from bayesdrop.infer.mcmc.interruption import waiting_interruption
from bayesdrop.infer.mcmc.kept_draws import Arrays, KeptDraws
from bayesdrop.infer.mcmc.kernel import Kernel, Rows
from bayesdrop.infer.mcmc.stop import Converged
from bayesdrop.infer.mcmc.watch import EndedBy, Watch
from bayesdrop.posterior.fit import Fit
from bayesdrop.progress import Progress, log, task

_REPORTS = 20  # chunks of a run at least, each with a progress report
_CHUNK = 50  # steps of a chunk at most


class Sampled(NamedTuple):
    """What a run has made, each array (chain, draw, …), what that took, and where the chains are.

    Draws of an earlier fit come first; ``expectations`` are of the new draws alone. ``state`` is
    ``None`` if it was lost.
    """

    values: Arrays
    stats: Arrays
    expectations: Arrays
    seconds: dict[str, float]
    info: dict[str, Any]
    state: Arrays | None


class Sampler:
    """A kernel over all chains, compiled once per shape of the data.

    Parameters
    ----------
    kernel
        The sampler.
    bound
        The model, which a stop looks at.
    num_chains
        The number of chains.
    chain_method
        Where chains run.
    num_superchains
        Groups of chains that share a start, in the order of the chains. Default ``None``: every
        chain has its own.
    """

    def __init__(
        self,
        kernel: Kernel,
        bound: BoundModel,
        num_chains: int,
        chain_method: ChainMethod,
        num_superchains: int | None = None,
    ) -> None:
        self._kernel, self._bound = kernel, bound
        self._num_chains, self._num_superchains = num_chains, num_superchains
        self._method: ChainMethod = devices.resolve(chain_method, num_chains)
        self._start, self._tune = Compiled(self._started), Compiled(self._tuned)
        self._advance = Compiled(self._each_chain(self._advanced), donate=(0,))
        self._placed = jax.jit(self._each_chain(lambda state, _: state))
        self._like: Any = None

    def run(
        self,
        name: str,
        data: TrainingData,
        num_samples: int,
        seed: int,
        progress: Progress,
        stop: Converged | None = None,
        earlier: Fit | None = None,
    ) -> Sampled:
        """Sample; ``name`` is what progress reports call it.

        Parameters
        ----------
        num_samples
            Draws per chain; with ``stop`` the most.
        stop
            When to stop before all draws are made. Default ``None``: never.
        earlier
            A fit whose chains go on, with fewer draws. Default ``None``: chains start.

        Raises
        ------
        KeyboardInterrupt
            Ctrl-C was pressed before there was a draw, or twice.
        """
        kernel, kept = self._kernel, KeptDraws(earlier)
        meter = Meter(self._start, self._tune, self._advance)
        steps = kernel.num_discarded + num_samples
        chunk = min(_CHUNK, -(-steps // _REPORTS))
        watch = None if stop is None else self._watch(stop, data)
        rows = (jnp.asarray(data.X_standardised), jnp.asarray(data.y_standardised))
        begin = kernel.num_discarded + kept.count if earlier else 0
        start_work = 0 if earlier else kernel.init_work + kernel.tune_work
        before = 0
        with task(progress, name, start_work + (steps - begin) * kernel.step_work):
            if earlier is None:
                states = self._begun(rows, seed, progress)
            else:
                states = self._restored(rows, earlier)
                before = earlier.info["gradients"] - kernel.gradients(states, data.rows)
            run = _Run(name, rows, kept, watch, progress, before, steps, chunk)
            states, ended_by = self._sample(run, states, begin)
        values, stats = kept.joined()
        info: dict[str, Any] = {**meter.info(), "chain_method": self._method, "ended_by": ended_by}
        state = None
        if not are_lost(states):
            info["gradients"] = before + kernel.gradients(states, data.rows)
            state = to_arrays(states)
        if self._num_superchains is not None:
            info["num_superchains"] = self._num_superchains
        seconds = meter.seconds()
        if earlier is not None:
            seconds = {name: took + earlier.seconds[name] for name, took in seconds.items()}
        return Sampled(values, stats, kept.expectations, seconds, info, state)

    def _sample(self, run: _Run, states: Any, begin: int) -> tuple[Any, EndedBy]:
        """Run the chunks from step ``begin`` on; where the chains are then, and what ended them."""
        kernel, kept = self._kernel, run.kept
        with waiting_interruption() as interruption:
            try:
                while begin < run.steps:
                    warming = begin < kernel.num_discarded
                    end = min(begin + run.chunk, kernel.num_discarded if warming else run.steps)
                    shared = run.rows, begin, end
                    moved, draw = jax.block_until_ready(self._advance(states, shared))
                    kept.add(draw, 0 if warming else end - begin)
                    states = moved  # not before its draws are kept
                    run.progress.advance((end - begin) * kernel.step_work)
                    if interruption.pressed:
                        raise KeyboardInterrupt
                    if run.watch is not None and kept.added:
                        gradients = run.before + kernel.gradients(states, len(run.rows[0]))
                        found = run.watch.ended(kept.count, gradients, kept.joined)
                        if found is not None:
                            return states, found
                    begin = end
            except KeyboardInterrupt:
                if interruption.insistent or not kept.added:
                    raise
                text = "%s: interrupted after %d of %d draws per chain, which are kept"
                log.warning(text, run.name, kept.count, run.steps - kernel.num_discarded)
                return states, "interrupted"
        return states, "num_samples"

    def _watch(self, stop: Converged, data: TrainingData) -> Watch:
        lowest = self._kernel.lowest_acceptance
        return Watch(stop, self._bound, data, self._num_superchains, lowest)

    def _begun(self, rows: Rows, seed: int, progress: Progress) -> Any:
        """Where the chains are before the first step."""
        kernel, keys = self._kernel, self._keys(seed)
        states = jax.block_until_ready(self._start(keys, rows))
        if kernel.init_work:
            progress.advance(kernel.init_work, "trained")
        if kernel.tune is not None:
            states = jax.block_until_ready(self._tune(keys["tune"], states, rows))
            progress.advance(kernel.tune_work, "tuned")
        self._like = jax.tree.map(lambda leaf: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype), states)
        return states

    def _restored(self, rows: Rows, earlier: Fit) -> Any:
        """Where the chains of an earlier fit are."""
        assert earlier.state is not None

        def begun(keys: dict[str, Any]) -> Any:
            states = self._started(keys, rows)
            return states if self._kernel.tune is None else self._tuned(keys["tune"], states, rows)

        if self._like is None:
            self._like = jax.eval_shape(begun, self._keys(0))
        return self._placed(from_arrays(earlier.state, self._like), None)  # on their devices

    def _keys(self, seed: int) -> dict[str, Any]:
        shared = self._num_superchains or 0
        keys = jax.random.split(jax.random.key(seed), self._num_chains + 1 + shared)
        chains = self._num_chains
        return {"chains": keys[:chains], "tune": keys[chains], "starts": keys[chains + 1 :]}

    def _each_chain(self, function: Callable[..., Any]) -> Callable[..., Any]:
        return devices.over_chains(function, self._num_chains, self._method)

    def _started(self, keys: dict[str, Any], rows: Rows) -> Any:
        if self._num_superchains is None:
            return self._each_chain(self._kernel.init)(keys["chains"], rows)
        count = self._num_superchains
        starts = devices.over_chains(self._kernel.init, count, self._method)(keys["starts"], rows)
        which = jnp.repeat(jnp.arange(count), self._num_chains // count)
        states = jax.tree.map(lambda leaf: leaf[which], starts)
        return jax.vmap(reseeded)(keys["chains"], states)

    def _tuned(self, key: Any, states: Any, rows: Rows) -> Any:
        assert self._kernel.tune is not None
        return self._kernel.tune(key, states, rows, self._each_chain)

    def _advanced(self, state: Any, shared: tuple[Rows, Any, Any]) -> tuple[Any, Any]:
        """Where a chain is after steps ``begin`` to ``end``, and buffers with the draws of them.

        The buffers have one size in every run: in another one the last digits might differ.
        """
        kernel = self._kernel
        rows, begin, end = shared
        shapes = jax.eval_shape(lambda: kernel.observe(*kernel.step(0, state, rows), rows))
        kept = jax.tree.map(lambda leaf: jnp.zeros((_CHUNK, *leaf.shape), leaf.dtype), shapes)

        def one(index: Any, carry: tuple[Any, Any]) -> tuple[Any, Any]:
            state, info = kernel.step(index, carry[0], rows)
            slot = jnp.where(index < kernel.num_discarded, _CHUNK, index - begin)  # or dropped
            kept = jax.tree.map(
                lambda buffer, new: buffer.at[slot].set(new, mode="drop"),
                carry[1],
                kernel.observe(state, info, rows),
            )
            return state, kept

        return jax.lax.fori_loop(begin, end, one, (state, kept))


class _Run(NamedTuple):
    """What one run has of its own.

    ``before`` is the gradients that its states don't count, ``steps`` the number of the last step,
    and ``chunk`` the steps of a chunk.
    """

    name: str
    rows: Rows
    kept: KeptDraws
    watch: Watch | None
    progress: Progress
    before: int
    steps: int
    chunk: int

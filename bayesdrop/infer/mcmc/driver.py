"""The one loop that every sampler runs in.

A sampler is a :class:`~bayesdrop.infer.mcmc.kernel.Kernel`: pure functions of one chain. The driver
has the rest: keys, starts that chains share, chains over devices, compilation once per shape,
progress reports, when to stop, Ctrl-C, and how chains go on. It runs in chunks, and a device holds
the draws of one. The same program makes the chunks of all runs, so that a run that stops, is
interrupted or goes on has the bits of any other. Several data sets of one shape run as one program,
where an accelerator batches them; each ends when its own chains do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from bayesdrop.bound import BoundModel
from bayesdrop.data.training import TrainingData
from bayesdrop.infer.base import Job
from bayesdrop.infer.engine import devices
from bayesdrop.infer.engine.compiled import Compiled, Meter
from bayesdrop.infer.engine.devices import ChainMethod
from bayesdrop.infer.mcmc.chain_states import are_lost, from_arrays, reseeded
from bayesdrop.infer.mcmc.interruption import waiting_interruption
from bayesdrop.infer.mcmc.kept_draws import Arrays, KeptDraws
from bayesdrop.infer.mcmc.kernel import Kernel, Rows
from bayesdrop.infer.mcmc.set_run import SetRun
from bayesdrop.infer.mcmc.stop import Converged
from bayesdrop.infer.mcmc.watch import EndedBy, Watch
from bayesdrop.marginal import with_scales
from bayesdrop.posterior.fit import Fit
from bayesdrop.posterior.weight_draws import WeightDraws
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

    def fit(self, bound: BoundModel, seed: int) -> Fit:
        """The fit, with the scales that the marginal form integrates out drawn back."""
        draws = WeightDraws(with_scales(bound, self.values, seed), self.stats)
        return Fit(draws, seconds=self.seconds, info=self.info, state=self.state)


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
    num_sets
        The number of data sets, of one shape, that run as one program. Default 1.
    """

    def __init__(
        self,
        kernel: Kernel,
        bound: BoundModel,
        num_chains: int,
        chain_method: ChainMethod,
        num_superchains: int | None = None,
        num_sets: int = 1,
    ) -> None:
        self._kernel, self._bound = kernel, bound
        self._num_chains, self._num_superchains = num_chains, num_superchains
        self._num_sets = num_sets
        self._method: ChainMethod = devices.resolve(chain_method, num_chains)
        self._start = Compiled(self._each_set(self._started))
        self._tune = Compiled(self._each_set(self._tuned))
        chains = self._each_chain(self._advanced)
        self._advance = Compiled(self._each_set(chains, (0, (0, None, None))), donate=(0,))
        self._placed = jax.jit(self._each_chain(lambda state, _: state))
        self._like: Any = None

    def run(
        self,
        name: str,
        jobs: Sequence[Job],
        num_samples: int,
        progress: Progress,
        stop: Converged | None = None,
        earlier: Fit | None = None,
    ) -> list[Sampled]:
        """Sample for each of ``num_sets`` jobs, on data of one shape, which share the seconds.

        Parameters
        ----------
        name
            What progress reports call it.
        jobs
            Their data and seeds.
        num_samples
            Draws per chain; with ``stop`` the most.
        stop
            When to stop before all draws are made. Default ``None``: never.
        earlier
            A fit of the only job, whose chains go on, with fewer draws. Default ``None``: chains
            start.

        Raises
        ------
        KeyboardInterrupt
            Ctrl-C was pressed before there was a draw, or twice.
        """
        kernel = self._kernel
        meter = Meter(self._start, self._tune, self._advance)
        runs = [self._run_of(job.data, stop, earlier) for job in jobs]
        rows = self._stacked([_rows_of(job.data) for job in jobs])
        begin = kernel.num_discarded + runs[0].kept.count if earlier else 0
        steps = kernel.num_discarded + num_samples
        start_work = 0 if earlier else kernel.init_work + kernel.tune_work
        with task(progress, name, start_work + (steps - begin) * kernel.step_work):
            if earlier is None:
                keys = self._stacked([self._keys(job.seed) for job in jobs])
                states = self._begun(keys, rows, progress)
            else:
                states = self._restored(rows, earlier)
                counted = kernel.gradients(states, jobs[0].data.rows)
                runs[0].before = earlier.info["gradients"] - counted
            self._sample(name, runs, rows, states, begin, steps, progress)
        seconds = {part: took / len(jobs) for part, took in meter.seconds().items()}
        if earlier is not None:
            seconds = {part: took + earlier.seconds[part] for part, took in seconds.items()}
        return [self._sampled(run, seconds, meter.info()) for run in runs]

    def _sample(
        self,
        name: str,
        runs: Sequence[SetRun],
        rows: Rows,
        states: Any,
        begin: int,
        steps: int,
        progress: Progress,
    ) -> None:
        """Run the chunks from step ``begin`` to ``steps``, and end every run."""
        kernel, first = self._kernel, runs[0]
        chunk = min(_CHUNK, -(-steps // _REPORTS))
        ended_by: EndedBy = "num_samples"
        with waiting_interruption() as interruption:
            try:
                while begin < steps and not all(run.ended_by for run in runs):
                    warming = begin < kernel.num_discarded
                    end = min(begin + chunk, kernel.num_discarded if warming else steps)
                    moved, draw = jax.block_until_ready(self._advance(states, (rows, begin, end)))
                    for run, own in zip(runs, self._parts(jax.device_get(draw)), strict=True):
                        run.keep(own, 0 if warming else end - begin)
                    states = moved  # not before its draws are kept
                    progress.advance((end - begin) * kernel.step_work)
                    if interruption.pressed:
                        raise KeyboardInterrupt
                    if first.watch is not None and first.kept.added:
                        for run, own in zip(runs, self._parts(states), strict=True):
                            run.look(own, kernel)
                    begin = end
            except KeyboardInterrupt:
                if interruption.insistent or not first.kept.added:
                    raise
                text = "%s: interrupted after %d of %d draws per chain, which are kept"
                log.warning(text, name, first.kept.count, steps - kernel.num_discarded)
                ended_by = "interrupted"
        last = None if are_lost(states) else states
        for run, own in zip(runs, self._parts(last), strict=True):
            run.end(ended_by, own, kernel)

    def _run_of(self, data: TrainingData, stop: Converged | None, earlier: Fit | None) -> SetRun:
        watch = None
        if stop is not None:
            lowest = self._kernel.lowest_acceptance
            watch = Watch(stop, self._bound, data, self._num_superchains, lowest)
        return SetRun(KeptDraws(earlier), data.rows, watch)

    def _sampled(self, run: SetRun, seconds: dict[str, float], info: dict[str, Any]) -> Sampled:
        values, stats = run.kept.joined()
        info = {**info, "chain_method": self._method, "ended_by": run.ended_by}
        if run.gradients is not None:
            info["gradients"] = run.gradients
        if self._num_superchains is not None:
            info["num_superchains"] = self._num_superchains
        if self._num_sets > 1:
            info["sets_together"] = self._num_sets
        return Sampled(values, stats, run.kept.expectations, seconds, info, run.state)

    def _begun(self, keys: dict[str, Any], rows: Rows, progress: Progress) -> Any:
        """Where the chains are before the first step."""
        kernel = self._kernel
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

    def _each_set(self, function: Callable[..., Any], axes: Any = 0) -> Callable[..., Any]:
        return function if self._num_sets == 1 else jax.vmap(function, in_axes=axes)

    def _stacked(self, each: Sequence[Any]) -> Any:
        """What belongs to each data set as one tree, with an axis for them if there is one."""
        if self._num_sets == 1:
            return each[0]
        return jax.tree.map(lambda *leaves: jnp.stack(leaves), *each)

    def _parts(self, tree: Any) -> list[Any]:
        """What belongs to each data set."""
        if self._num_sets == 1:
            return [tree]
        return [jax.tree.map(lambda leaf, k=k: leaf[k], tree) for k in range(self._num_sets)]

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


def _rows_of(data: TrainingData) -> Rows:
    return jnp.asarray(data.X_standardised), jnp.asarray(data.y_standardised)

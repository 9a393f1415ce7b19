"""The one loop that every sampler runs in.

A sampler is a :class:`~bayesdrop.infer.mcmc.kernel.Kernel`: pure functions of one chain.
:class:`~bayesdrop.infer.mcmc.all_chains.AllChains` runs it over all chains. The loop has progress
reports, when to stop, Ctrl-C, and how chains go on. It runs in chunks, and a device holds the draws
of one. The same program makes the chunks of all runs, so that a run that stops, is interrupted or
goes on has the bits of any other. Several data sets of one shape run as one program, where an
accelerator batches them; each ends when its own chains do.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from bayesdrop.bound import BoundModel
from bayesdrop.data.training import TrainingData
from bayesdrop.infer.base import Job
from bayesdrop.infer.engine.compiled import Meter
from bayesdrop.infer.engine.devices import ChainMethod
from bayesdrop.infer.engine.jax_settings import own_settings
from bayesdrop.infer.mcmc.all_chains import CHUNK, AllChains
from bayesdrop.infer.mcmc.chain_states import are_lost
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
        self._num_superchains, self._num_sets = num_superchains, num_sets
        self._chains = AllChains(kernel, num_chains, chain_method, num_superchains, num_sets)

    @own_settings()
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
        kernel, chains = self._kernel, self._chains
        meter = Meter(*chains.programs)
        runs = [self._run_of(job.data, stop, earlier) for job in jobs]
        rows = chains.stacked([_rows_of(job.data) for job in jobs])
        begin = kernel.num_discarded + runs[0].kept.count if earlier else 0
        steps = kernel.num_discarded + num_samples
        start_work = 0 if earlier else kernel.init_work + kernel.tune_work
        with task(progress, name, start_work + (steps - begin) * kernel.step_work):
            if earlier is None:
                states = chains.begun([job.seed for job in jobs], rows, progress)
            else:
                assert earlier.state is not None
                states = chains.restored(earlier.state, rows)
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
        kernel, chains, first = self._kernel, self._chains, runs[0]
        chunk = min(CHUNK, -(-steps // _REPORTS))
        ended_by: EndedBy = "num_samples"
        with waiting_interruption() as interruption:
            try:
                while begin < steps and not all(run.ended_by for run in runs):
                    warming = begin < kernel.num_discarded
                    end = min(begin + chunk, kernel.num_discarded if warming else steps)
                    moved, draw = chains.advanced(states, rows, begin, end)
                    for run, own in zip(runs, chains.parts(jax.device_get(draw)), strict=True):
                        run.keep(own, 0 if warming else end - begin)
                    states = moved  # not before its draws are kept
                    progress.advance((end - begin) * kernel.step_work)
                    if interruption.pressed:
                        raise KeyboardInterrupt
                    if first.watch is not None and first.kept.added:
                        for run, own in zip(runs, chains.parts(states), strict=True):
                            run.look(own, kernel)
                    begin = end
            except KeyboardInterrupt:
                if interruption.insistent or not first.kept.added:
                    raise
                text = "%s: interrupted after %d of %d draws per chain, which are kept"
                log.warning(text, name, first.kept.count, steps - kernel.num_discarded)
                ended_by = "interrupted"
        last = None if are_lost(states) else states
        for run, own in zip(runs, chains.parts(last), strict=True):
            run.end(ended_by, own, kernel)

    def _run_of(self, data: TrainingData, stop: Converged | None, earlier: Fit | None) -> SetRun:
        watch = None
        if stop is not None:
            lowest = self._kernel.lowest_acceptance
            watch = Watch(stop, self._bound, data, self._num_superchains, lowest)
        return SetRun(KeptDraws(earlier), data.rows, watch)

    def _sampled(self, run: SetRun, seconds: dict[str, float], info: dict[str, Any]) -> Sampled:
        values, stats = run.kept.joined()
        info = {**info, "chain_method": self._chains.method, "ended_by": run.ended_by}
        if run.gradients is not None:
            info["gradients"] = run.gradients
        if self._num_superchains is not None:
            info["num_superchains"] = self._num_superchains
        if self._num_sets > 1:
            info["sets_together"] = self._num_sets
        return Sampled(values, stats, run.kept.expectations, seconds, info, run.state)


def _rows_of(data: TrainingData) -> Rows:
    return jnp.asarray(data.X_standardised), jnp.asarray(data.columns)

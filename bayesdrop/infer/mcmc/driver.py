"""The loop that every sampler but SMC runs in: :func:`run_kernel`.

SMC has no draws one after the other, and so a loop of its own. Any other sampler is a
:class:`~bayesdrop.infer.mcmc.kernel.Kernel`: pure functions of one chain.
:class:`~bayesdrop.infer.mcmc.all_chains.AllChains` runs it over all chains. The loop has progress
reports, when to stop, Ctrl-C, and how chains go on. It runs in chunks, and a device holds the draws
of one. The same program makes the chunks of all runs, so that a run that stops, is interrupted or
goes on has the bits of any other. Several data sets of one shape run as one program, where an
accelerator batches them; each ends when its own chains do.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from bayesdrop.bound import BoundModel
from bayesdrop.data.training import TrainingData
from bayesdrop.infer.base import Job
from bayesdrop.infer.engine.caches import compiled_once
from bayesdrop.infer.engine.compiled import Meter
from bayesdrop.infer.engine.jax_settings import own_settings
from bayesdrop.infer.mcmc.all_chains import CHUNK, AllChains
from bayesdrop.infer.mcmc.chain_states import are_lost
from bayesdrop.infer.mcmc.chains import MarkovChains
from bayesdrop.infer.mcmc.interruption import waiting_interruption
from bayesdrop.infer.mcmc.kept_draws import Arrays, KeptDraws
from bayesdrop.infer.mcmc.kernel import Kernel, Rows
from bayesdrop.infer.mcmc.set_run import SetRun
from bayesdrop.infer.mcmc.watch import EndedBy, Watch
from bayesdrop.marginal import with_scales
from bayesdrop.posterior.results.fit import Fit
from bayesdrop.posterior.results.weight_draws import WeightDraws
from bayesdrop.progress import Progress, log, task

_REPORTS = 20  # chunks of a run at least, each with a progress report


class Sampled(NamedTuple):
    """What a job's run has made, each array (chain, draw, …), its cost, and where the chains are.

    Draws of an earlier fit come first; ``expectations`` are of the new draws alone. ``state`` is
    ``None`` if it was lost.
    """

    job: Job
    values: Arrays
    stats: Arrays
    expectations: Arrays
    seconds: dict[str, float]
    info: dict[str, Any]
    state: Arrays | None

    def fit(self) -> Fit:
        """The fit, with the scales that the marginal form integrates out drawn back."""
        values = with_scales(self.job.bound, self.values, self.job.seed)
        draws = WeightDraws(values, self.stats)
        return Fit(draws, seconds=self.seconds, info=self.info, state=self.state)


def run_kernel(
    build: Callable[..., Kernel],
    settings: MarkovChains,
    jobs: Sequence[Job],
    progress: Progress,
    earlier: Fit | None,
    *more: Hashable,
) -> list[Sampled]:
    """Sample for each of ``jobs``, on data of one shape, which share the seconds.

    Parameters
    ----------
    build
        It makes the sampler's kernel of ``settings`` for one draw, the model, and ``more``. The
        kernel is compiled once for each shape of the data.
    settings
        The sampler's settings.
    jobs
        Their data and seeds, and one model.
    progress
        Progress reports have the name of the sampler's class.
    earlier
        A fit of the only job, whose chains go on, with fewer draws: all that it did not leave out.
        ``None``: chains start.
    *more
        What else the kernel depends on.

    Raises
    ------
    KeyboardInterrupt
        Ctrl-C was pressed before there was a draw, or twice.
    """
    own, left_out = settings.of_any_length(), 0 if earlier is None else len(earlier.left_out)
    sampler = _sampler(build, own, jobs[0].bound, more, len(jobs), left_out)
    return sampler.run(settings, jobs, progress, earlier)


@compiled_once
def _sampler(
    build: Callable[..., Kernel],
    settings: MarkovChains,
    bound: BoundModel,
    more: tuple[Hashable, ...],
    num_sets: int,
    left_out: int,
) -> _Sampler:
    return _Sampler(build(settings, bound, *more), settings, bound, num_sets, left_out)


class _Sampler:
    """A kernel over all chains, compiled once per shape of the data."""

    def __init__(
        self,
        kernel: Kernel,
        settings: MarkovChains,
        bound: BoundModel,
        num_sets: int,
        left_out: int,
    ) -> None:
        self._kernel, self._bound = kernel, bound
        num_chains, method = settings.num_chains - left_out, settings.chain_method
        shared = None if left_out else settings.num_superchains  # what goes on has started
        self._chains = AllChains(kernel, num_chains, method, shared, num_sets)

    @own_settings()
    def run(
        self, settings: MarkovChains, jobs: Sequence[Job], progress: Progress, earlier: Fit | None
    ) -> list[Sampled]:
        kernel, chains, name = self._kernel, self._chains, type(settings).__name__
        meter = Meter(*chains.programs)
        runs = [self._run_of(job.data, settings, earlier) for job in jobs]
        rows = chains.stacked([_rows_of(job.data) for job in jobs])
        begin = kernel.num_discarded + runs[0].kept.count if earlier else 0
        steps = kernel.num_discarded + settings.num_samples
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
        info = {**meter.info(), "chain_method": chains.method}
        if settings.num_superchains is not None:
            info["num_superchains"] = settings.num_superchains
        if len(jobs) > 1:
            info["sets_together"] = len(jobs)
        each = zip(jobs, runs, strict=True)
        return [_sampled(job, run, seconds, info) for job, run in each]

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

    def _run_of(self, data: TrainingData, settings: MarkovChains, earlier: Fit | None) -> SetRun:
        watch = None
        if settings.stop is not None:
            lowest, groups = self._kernel.lowest_acceptance, settings.num_superchains
            left_out = frozenset[int]() if earlier is None else frozenset(earlier.left_out)
            watch = Watch(settings.stop, self._bound, data, groups, lowest, left_out)
        return SetRun(KeptDraws(earlier), data.rows, watch)


def _sampled(job: Job, run: SetRun, seconds: dict[str, float], info: dict[str, Any]) -> Sampled:
    values, stats = run.kept.joined()
    info = {**info, "ended_by": run.ended_by}
    if run.gradients is not None:
        info["gradients"] = run.gradients
    return Sampled(job, values, stats, run.kept.expectations, seconds, info, run.state)


def _rows_of(data: TrainingData) -> Rows:
    return jnp.asarray(data.X_standardised), jnp.asarray(data.columns)

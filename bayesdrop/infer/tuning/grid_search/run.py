"""The searches of :class:`bayesdrop.GridSearch`: their trials, scores and final fits."""

from __future__ import annotations

import dataclasses
import math
import os
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np

from bayesdrop import metrics, out_of_memory
from bayesdrop.data.training import TrainingData
from bayesdrop.infer.base import Inference, Job
from bayesdrop.infer.tuning.grid_search.grid import GridPoint, described
from bayesdrop.infer.tuning.validation import part_of, parts_of, predicted
from bayesdrop.posterior.posterior import Posterior
from bayesdrop.posterior.results.fit import Fit
from bayesdrop.progress import Progress, log
from bayesdrop.spec import to_dict

if TYPE_CHECKING:
    from bayesdrop.infer.tuning.grid_search.settings import GridSearch

_METRICS = {"nll": metrics.nll, "rmse": metrics.rmse, "mae": metrics.mae, "crps": metrics.crps}
_FAILURES = (ArithmeticError, MemoryError, RuntimeError, np.linalg.LinAlgError)


def run_searches(jobs: Sequence[Job], progress: Progress) -> list[Fit]:
    """The final fit of every search: all trials first, so that they may train together."""
    searches = [Search(cast("GridSearch", job.inference), job) for job in jobs]
    trials = [trial for search in searches for trial in search.trials()]
    fits = _trained(trials, progress)
    clock = time.perf_counter()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        each = [search for search in searches for _ in search.method.points]
        scores = list(pool.map(Search.score, each, trials, fits))
    spent = (time.perf_counter() - clock) / len(scores)
    for search in searches:
        count = len(search.method.points)
        search.scores, scores = scores[:count], scores[count:]
        done = [fit for fit in fits[:count] if isinstance(fit, Fit)]
        search.failures = [None if isinstance(fit, Fit) else str(fit) for fit in fits[:count]]
        search.gradients = sum(fit.info.get("gradients", 0) for fit in done)
        search.seconds = [{"run": spent * count}, *(fit.seconds for fit in done)]
        fits = fits[count:]
    final = _run([search.chosen() for search in searches], progress)
    return [search.result(fit) for search, fit in zip(searches, final, strict=True)]


@dataclass
class Search:
    """The search of one job."""

    method: GridSearch
    job: Job
    scores: list[float] = dataclasses.field(default_factory=list)
    seconds: list[Mapping[str, float]] = dataclasses.field(default_factory=list)
    gradients: int = 0
    failures: list[str | None] = dataclasses.field(default_factory=list)

    def __post_init__(self) -> None:
        method, job = self.method, self.job
        self.rows = parts_of(job.data.rows, method.validation, method.validation_rows, job.seed)

    def trials(self) -> list[Job]:
        """A fit of the training part per point."""
        data = part_of(self.job.bound, self.job.data, self.rows.training)
        return [self._at(point, data) for point in self.method.points]

    def _at(self, point: GridPoint, data: TrainingData) -> Job:
        model = self.method.model_at(self.job.bound.model, point)
        return Job.of(self.method.method_at(point), model, data, self.job.seed)

    def score(self, trial: Job, fit: Fit | Exception) -> float:
        """On the held-out rows; NaN if the fit or the prediction failed or is not finite."""
        if not isinstance(fit, Fit):
            return math.nan
        bound = fit.bound or trial.bound
        posterior = Posterior(bound, trial.inference, trial.seed, trial.data, fit)
        data, held_out = self.job.data, self.rows.held_out
        try:
            prediction = predicted(posterior, data.X_original[held_out])
        except _FAILURES as error:
            log.warning("grid search: %s failed to predict: %s", trial.inference, error)
            return math.nan
        return float(_METRICS[self.method.score](prediction, data.target[held_out]))

    def best(self) -> GridPoint:
        """The point of the smallest score, the first of several."""
        finite = [score if math.isfinite(score) else math.inf for score in self.scores]
        if min(finite) == math.inf:
            failure = next((f": {f}" for f in self.failures if f), "")
            raise FloatingPointError(
                f"no point of the grid has a finite {self.method.score} on the validation rows; "
                f"the first, {described(self.method.points[0])}, has {self.scores[0]}: try smaller "
                f"learning rates or other settings{failure}"
            )
        return self.method.points[finite.index(min(finite))]

    def chosen(self) -> Job:
        """The fit of all rows at the best point."""
        return self._at(self.best(), self.job.data)

    def result(self, fit: Fit) -> Fit:
        """That fit with the story of the search."""
        parts, chosen = [*self.seconds, fit.seconds], self.chosen()
        last = fit.info.get("gradients")
        counted = {} if last is None else {"gradients": self.gradients + last}
        grid = {
            "points": to_dict(self.method.points),
            self.method.score: [s if math.isfinite(s) else None for s in self.scores],
        }
        if any(self.failures):
            grid["failures"] = self.failures
        return dataclasses.replace(
            fit,
            bound=fit.bound or chosen.bound,
            inference=fit.inference or chosen.inference,
            seconds={k: sum(part.get(k, 0.0) for part in parts) for k in ("compile", "run")},
            info={
                **fit.info,
                **counted,
                "grid": grid,
                "chosen": to_dict(self.best()),
            },
        )


def _trained(trials: list[Job], progress: Progress) -> list[Fit | Exception]:
    """The fit of every trial, or how it failed; one that can't go on takes no other with it."""
    if all(trial.inference.fits_together(trial.bound.model) for trial in trials):
        return [*_run(trials, progress)]
    found = []
    for trial in trials:
        try:
            fit = _run([trial], progress)[0]
            if fit.interrupted:
                raise KeyboardInterrupt
            found.append(fit)
        except _FAILURES as error:
            log.warning("grid search: %s failed: %s", trial.inference, error)
            found.append(error)
    return found


def _run(jobs: list[Job], progress: Progress) -> list[Fit]:
    """Every job by its own method, together where that is one and the same."""
    classes = {type(job.inference) for job in jobs}
    run_many = classes.pop().run_many if len(classes) == 1 else Inference.run_many
    with out_of_memory.fitting(jobs[0].inference, len(jobs)):
        return run_many(jobs, progress)

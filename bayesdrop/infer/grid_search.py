"""Grid search: every point of a grid on a validation part of the training rows, refit on all rows.

As in Hernández-Lobato & Adams (2015) and the protocols that followed it: the settings of a split
are chosen within its training rows, and nothing carries over to the next. A search costs one fit
per point on the smaller part, its predictions there, and one fit on all rows.
"""

from __future__ import annotations

import dataclasses
import math
import os
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from bayesdrop import metrics
from bayesdrop.family import Parameters
from bayesdrop.infer.base import Inference, Job
from bayesdrop.infer.grid import Grid, Point, at, checked_grid, points_of, words
from bayesdrop.infer.progress import Progress
from bayesdrop.model import Model
from bayesdrop.posterior import Fit, Posterior
from bayesdrop.spec import checked_choice, checked_number, to_dict
from bayesdrop.training import TrainingData


@dataclass(frozen=True)
class GridSearch(Inference):
    """Choose settings of model and method by their score on validation rows, then use all rows.

    The part that trains is standardised by its own mean and standard deviation. Every point is
    fitted, and predicts, with the seed of the search. Of equal scores the first wins; a point
    whose score is not finite never does. ``info["grid"]`` of the fit has all points and scores,
    ``info["chosen"]`` the winner, and the posterior's ``model`` is the one that was chosen.

    Parameters
    ----------
    inference
        The method, any one.
    grid
        Path of a field → the values to try: ``{"model.prior.unit.keep": (0.9, 0.95),
        "inference.precision": (1.0, 10.0)}``. Points are all combinations, the last path varying
        fastest. Kept as a tuple of pairs.
    validation
        The part of the training rows that scores, in (0, 1). Default 0.2.
    validation_rows
        ``"last"`` (default): the last rows, as published for rows in random order, which those
        of the standard splits are; ``"random"``: rows drawn from the seed.
    score
        ``"nll"`` (default), ``"rmse"``, ``"mae"`` or ``"crps"``; the smallest is chosen.
    """

    inference: Inference
    grid: Grid
    validation: float = 0.2
    validation_rows: Literal["last", "random"] = "last"
    score: Literal["nll", "rmse", "mae", "crps"] = "nll"

    def __init__(
        self,
        inference: Inference,
        grid: Mapping[str, Iterable[Any]] | Iterable[tuple[str, Iterable[Any]]],
        validation: float = 0.2,
        validation_rows: Literal["last", "random"] = "last",
        score: Literal["nll", "rmse", "mae", "crps"] = "nll",
    ) -> None:
        if not isinstance(inference, Inference):
            raise TypeError(f"GridSearch(inference={inference!r}): give a configured method")
        for name, value in (
            ("inference", inference),
            ("grid", checked_grid(grid, ("model", "inference"))),
            ("validation", validation),
            ("validation_rows", validation_rows),
            ("score", score),
        ):
            object.__setattr__(self, name, value)
        checked_number(self, "validation", above=0, below=1)
        checked_choice(self, "validation_rows", ("last", "random"))
        checked_choice(self, "score", ("nll", "rmse", "mae", "crps"))
        revisions = [self.method_at(point).revision for point in self.points]
        object.__setattr__(self, "revision", type(self).revision + max(revisions) - 1)

    @property
    def points(self) -> list[Point]:
        """All points of the grid."""
        return points_of(self.grid)

    def method_at(self, point: Point) -> Inference:
        """The method with the settings of that point."""
        return at(self.inference, "inference", point)

    def model_at(self, model: Model, point: Point) -> Model:
        """``model`` with the settings of that point."""
        return at(model, "model", point)

    def supports(self, model: Model) -> str | None:
        for point in self.points:
            try:
                changed = self.model_at(model, point)
            except (TypeError, ValueError) as error:
                return str(error)
            if changed.likelihood.standardises_target != model.likelihood.standardises_target:
                return f"at {words(point)} the target has other units: search each by itself"
            if reason := self.method_at(point).supports(changed):
                return f"{type(self.inference).__name__} can't run it at {words(point)}: {reason}"
        return None

    def fits_together(self, model: Model) -> bool:
        return all(
            self.method_at(point).fits_together(self.model_at(model, point))
            for point in self.points
        )

    def run(self, model: Model, data: TrainingData, seed: int, progress: Progress) -> Fit:
        return self.run_many([Job(self, model, data, seed)], progress)[0]

    @classmethod
    def run_many(cls, jobs: Sequence[Job], progress: Progress) -> list[Fit]:
        searches = [_Search(job.inference, job) for job in jobs]  # type: ignore[arg-type]
        trials = [trial for search in searches for trial in search.trials()]
        fits = _run(trials, progress)
        clock = time.perf_counter()
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            each = [search for search in searches for _ in search.method.points]
            scores = list(pool.map(_Search.score, each, trials, fits))
        spent = (time.perf_counter() - clock) / len(scores)
        for search in searches:
            count = len(search.method.points)
            search.scores, scores = scores[:count], scores[count:]
            search.seconds = [{"run": spent}, *(fit.seconds for fit in fits[:count])]
            fits = fits[count:]
        final = _run([search.chosen() for search in searches], progress)
        return [search.result(fit) for search, fit in zip(searches, final, strict=True)]

    def parameters(
        self,
        model: Model,
        state: Mapping[str, NDArray],
        data: TrainingData,
        X: NDArray[np.float32],
        rng: np.random.Generator,
    ) -> Parameters:
        """Those of a method with a distribution over functions, which knows them from its fit."""
        return self.inference.parameters(model, state, data, X, rng)  # type: ignore[attr-defined]


@dataclass
class _Search:
    """The search of one job."""

    method: GridSearch
    job: Job
    scores: list[float] = dataclasses.field(default_factory=list)
    seconds: list[Mapping[str, float]] = dataclasses.field(default_factory=list)

    def __post_init__(self) -> None:
        rows = self.job.data.rows
        count = int((1 - self.method.validation) * rows)
        if not 0 < count < rows:
            raise ValueError(
                f"{rows} training rows with validation={self.method.validation:g} leave no row "
                f"to {'validate' if count else 'train'} on: give more rows or another part"
            )
        order = np.arange(rows)
        if self.method.validation_rows == "random":
            order = np.random.default_rng(self.job.seed).permutation(rows)
        self.training, self.held_out = order[:count], order[count:]

    def trials(self) -> list[Job]:
        """A fit of the training part per point."""
        job = self.job
        inputs, target = job.data.inputs[self.training], job.data.target[self.training]
        data = TrainingData.of(inputs, target, job.model.likelihood.standardises_target)
        return [self._at(point, data) for point in self.method.points]

    def _at(self, point: Point, data: TrainingData) -> Job:
        method, model = self.method.method_at(point), self.method.model_at(self.job.model, point)
        return Job(method, model, data, self.job.seed)

    def score(self, trial: Job, fit: Fit) -> float:
        """On the held-out rows; NaN if the prediction is not finite."""
        data, model = trial.data, fit.model or trial.model
        posterior = Posterior(
            model, trial.inference, trial.seed, data.inputs, data.target, data.scaling, fit
        )
        prediction = posterior.predict(self.job.data.inputs[self.held_out], seed=trial.seed)
        if not all(np.isfinite(value).all() for value in prediction.parameters.values()):
            return math.nan
        metric = getattr(metrics, self.method.score)
        return float(metric(prediction, self.job.data.target[self.held_out]))

    def best(self) -> Point:
        """The point of the smallest score, the first of several."""
        finite = [score if math.isfinite(score) else math.inf for score in self.scores]
        if min(finite) == math.inf:
            raise FloatingPointError(
                f"no point of the grid has a finite {self.method.score} on the validation rows; "
                f"the first, {words(self.method.points[0])}, has {self.scores[0]}: try smaller "
                "learning rates or other settings"
            )
        return self.method.points[finite.index(min(finite))]

    def chosen(self) -> Job:
        """The fit of all rows at the best point."""
        return self._at(self.best(), self.job.data)

    def result(self, fit: Fit) -> Fit:
        """That fit with the story of the search."""
        parts = [*self.seconds, fit.seconds]
        grid = {
            "points": to_dict(self.method.points),
            self.method.score: [s if math.isfinite(s) else None for s in self.scores],
        }
        return dataclasses.replace(
            fit,
            model=fit.model or self.chosen().model,
            seconds={k: sum(part.get(k, 0.0) for part in parts) for k in ("compile", "run")},
            info={**fit.info, "grid": grid, "chosen": to_dict(self.best())},
        )


def _run(jobs: list[Job], progress: Progress) -> list[Fit]:
    """Every job by its own method, together where that is one and the same."""
    classes = {type(job.inference) for job in jobs}
    if len(classes) == 1:
        return classes.pop().run_many(jobs, progress)
    return [job.inference.run(job.model, job.data, job.seed, progress) for job in jobs]

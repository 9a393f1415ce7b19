"""Grid search: every point of a grid on a validation part of the training rows, refit on all rows.

Hernández-Lobato & Adams (2015) and the protocols that followed them do the same: the settings of a
split are chosen within its training rows, and nothing carries over to the next. A search costs one
fit per point on the smaller part, its predictions there, and one fit on all rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from bayesdrop.alternatives import methods_for
from bayesdrop.bound import BoundModel
from bayesdrop.data.training import TrainingData
from bayesdrop.field_checks import checked_choice, checked_number
from bayesdrop.infer.base import Inference, Job
from bayesdrop.infer.tuning.grid_search.grid import (
    Grid,
    GridPoint,
    at,
    checked_grid,
    described,
    points_of,
)
from bayesdrop.infer.tuning.validation import VALIDATION_ROWS, ValidationRows
from bayesdrop.model import Model
from bayesdrop.posterior.results.fit import Fit
from bayesdrop.progress import Progress


@dataclass(frozen=True)
class GridSearch(Inference):
    """Choose settings of model and method by their score on validation rows, then use all rows.

    The part that trains is standardised by its own mean and standard deviation. Every point is
    fitted, and predicts, with the seed of the search. If scores are equal the first one wins. A
    point whose score is not finite, or whose fit fails on the way, never wins. ``info["grid"]`` of
    the fit has all points and scores, and ``info["chosen"]`` has the winner. The posterior's
    ``model`` and ``method`` are those that were chosen.

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
    validation_rows: ValidationRows = "last"
    score: Literal["nll", "rmse", "mae", "crps"] = "nll"

    def __init__(
        self,
        inference: Inference,
        grid: Mapping[str, Iterable[Any]] | Iterable[tuple[str, Iterable[Any]]],
        validation: float = 0.2,
        validation_rows: ValidationRows = "last",
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
        checked_choice(self, "validation_rows", VALIDATION_ROWS)
        checked_choice(self, "score", ("nll", "rmse", "mae", "crps"))
        for point in self.points:
            self.method_at(point)  # raises what is wrong with it

    @property
    def points(self) -> list[GridPoint]:
        """Return all points of the grid."""
        return points_of(self.grid)

    def method_at(self, point: GridPoint) -> Inference:
        """Return the method with the settings of that point."""
        return at(self.inference, "inference", point)

    def model_at(self, model: Model, point: GridPoint) -> Model:
        """Return ``model`` with the settings of that point."""
        return at(model, "model", point)

    def supports(self, model: Model) -> str | None:
        for point in self.points:
            try:
                changed = self.model_at(model, point)
            except (TypeError, ValueError) as error:
                return f"{error}. {self._without_a_grid(model)}"
            if reason := self.method_at(point).supports(changed):
                return (
                    f"{type(self.inference).__name__} can't run it at {described(point)}: {reason}"
                )
            if changed.likelihood.standardises_target != model.likelihood.standardises_target:
                return (
                    f"at {described(point)} the target has other units: search each by itself. "
                    f"{self._without_a_grid(model)}"
                )
            if changed.likelihood.family.kind == "class" and self.score != "nll":
                return f'its target is a class, which has no {self.score}: use score="nll"'
        return None

    def revision_for(self, model: Model) -> int:
        revisions = [
            self.method_at(point).revision_for(self.model_at(model, point)) for point in self.points
        ]
        return self.revision + max(revisions) - 1

    def _without_a_grid(self, model: Model) -> str:
        """What to use for a model that lacks what the grid changes."""
        method = type(self.inference)
        if self.inference.supports(model):
            return (
                f"{method.__name__} can't run it without a grid either. Use "
                f"{methods_for(model, 'NUTS', 'SVI', 'MCDropout')}"
            )
        ours = method.__module__.startswith("bayesdrop.")
        return f"Use {'bd.' if ours else ''}{method.__name__} without a grid"

    def needs_standardised(self) -> bool:
        return self.inference.needs_standardised()

    def fits_together(self, model: Model) -> bool:
        return all(
            self.method_at(point).fits_together(self.model_at(model, point))
            for point in self.points
        )

    def run(self, bound: BoundModel, data: TrainingData, seed: int, progress: Progress) -> Fit:
        return self.run_many([Job(self, bound, data, seed)], progress)[0]

    @classmethod
    def run_many(cls, jobs: Sequence[Job], progress: Progress) -> list[Fit]:
        from bayesdrop.infer.tuning.grid_search.run import run_searches

        return run_searches(jobs, progress)

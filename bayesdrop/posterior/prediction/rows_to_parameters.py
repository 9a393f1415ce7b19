"""From rows as users have them to the likelihood's parameters there, in the target's units."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bayesdrop.bound import BoundModel
from bayesdrop.data.encoding import Encoding
from bayesdrop.data.row_terms import check_takes_exposure, checked_row_term
from bayesdrop.data.rows import rows_of
from bayesdrop.data.target import Target
from bayesdrop.data.training import TrainingData
from bayesdrop.family import Parameters
from bayesdrop.posterior.prediction.predictive import Predictive
from bayesdrop.posterior.prediction.training_range import TrainingRange
from bayesdrop.posterior.results.fit import Result
from bayesdrop.posterior.results.parameter_arrays import held_once, in_every_row, joined

Passes = Literal["all", "mean"]
"""A prediction averages all draws, or passes; or it is one pass with every noise at its mean."""

Exposure = NDArray[np.float64] | None
"""What multiplies the rate of each row, (rows,)."""


@dataclass(frozen=True, eq=False, repr=False)
class RowsToParameters:
    """What one fit predicts at rows.

    Its attributes are those of :class:`bayesdrop.Posterior`.
    """

    bound: BoundModel
    training: TrainingData
    result: Result
    feature_names: tuple[str, ...]
    encoding: Encoding | None
    target: Target | None

    def standardised(self, X: Any) -> NDArray[np.float32]:
        """The rows of ``X`` as the model takes them: encoded and standardised, (rows, …)."""
        return self.training.scaling.inputs(self._original(X))

    def checked(
        self, X: Any, passes: Passes = "all", exposure: ArrayLike | None = None
    ) -> tuple[NDArray[np.float32], Exposure]:
        """What a user asks for: rows as the model takes them, and their exposure.

        Warnings of rows far outside the training rows are logged; see :class:`TrainingRange`.

        Raises
        ------
        ValueError, TypeError
            See :meth:`bayesdrop.Posterior.predict`.
        """
        if passes not in ("all", "mean"):
            raise ValueError(f'passes={passes!r}: give "all" or "mean"')
        original = self._original(X)
        rows = self.training.scaling.inputs(original)
        if exposure is not None:
            check_takes_exposure(self.bound.model.likelihood)
            exposure = checked_row_term(exposure, len(rows), "exposure")
        self._training_range.warn_of(original)
        return rows, exposure

    def chunks(
        self, rows: NDArray[np.float32], seed: int, exposure: Exposure, passes: Passes
    ) -> Iterator[Parameters]:
        """The parameters at standardised rows, each (draws, rows, outputs, ...), by few draws."""
        if passes == "mean":
            yield self._reported(self.result.mean_pass(self.bound, rows), exposure)
            return
        for found in self.result.parameters(self.bound, rows, np.random.default_rng(seed)):
            yield self._reported(found, exposure)

    def predictive(
        self, chunks: Iterable[Parameters], rows: int, passes: Passes = "all"
    ) -> Predictive:
        """The chunks as one distribution of so many rows."""
        draws = 1 if passes == "mean" else self.result.num_draws
        return Predictive(
            likelihood=self.bound.model.likelihood,
            parameters=joined(chunks, draws, rows),
            n_chains=self.result.num_chains or 1,
            one_output=self.training.one_output,
            target=self.target,
        )

    def _original(self, X: Any) -> NDArray[np.float64]:
        """The rows of ``X``, encoded, in the units of the training rows: (rows, …)."""
        return rows_of(X, self.bound.input_shape, self.feature_names, self.encoding)

    def _reported(
        self, parameters: Parameters, exposure: Exposure
    ) -> dict[str, NDArray[np.floating]]:
        """The parameters in original units, of rows with that exposure."""
        rows = max(value.shape[1] for value in parameters.values())
        parameters, likelihood = held_once(parameters), self.bound.model.likelihood
        if exposure is not None:
            parameters = likelihood.exposed(parameters, exposure[:, None])
        scaling = self.training.scaling
        found = likelihood.family.rescaled(parameters, scaling.y_shift, scaling.y_scale)
        with np.errstate(over="ignore"):  # what float32 does not hold, `finite` refuses
            own = {n: np.asarray(v, scaling.target_precision) for n, v in found.items()}
        return in_every_row(own, rows)

    @cached_property
    def _training_range(self) -> TrainingRange:
        return TrainingRange(self.training, self.feature_names)

"""The rows a method trains on: standardised, with the scaling that made them so."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bayesdrop.bound import BoundModel, RowTerm
from bayesdrop.data.standardization import Standardization, Standardize
from bayesdrop.sites import Form

if TYPE_CHECKING:
    from bayesdrop.model import Model


@dataclass(frozen=True, eq=False)
class TrainingData:
    """Training data hold the rows in both units, and how to get from one to the other.

    Attributes
    ----------
    X_standardised, y_standardised
        What methods train on, float32: (rows, *input_shape) and (rows, outputs). Counts and
        classes are as they came, and so is what ``standardize`` leaves out.
    X_original, y_original
        The same rows in the units they came in, float64.
    scaling
        Shift and scale of every column.
    one_output
        ``True`` if the target came as (rows,), ``False`` if as (rows, outputs).
    standardize
        What was standardised, as in :func:`bayesdrop.fit`. Default ``True``.
    exposure, sample_weight
        What the rows have beside, float64 (rows,), as in :func:`bayesdrop.fit`. Default ``None``.
    """

    X_standardised: NDArray[np.float32]
    y_standardised: NDArray[np.float32]
    X_original: NDArray[np.float64]
    y_original: NDArray[np.float64]
    scaling: Standardization
    one_output: bool
    standardize: Standardize = True
    exposure: NDArray[np.float64] | None = None
    sample_weight: NDArray[np.float64] | None = None

    @classmethod
    def of(
        cls,
        X: NDArray[np.float64],
        y: NDArray[np.float64],
        standardise_target: bool,
        standardize: Standardize = True,
        exposure: NDArray[np.float64] | None = None,
        sample_weight: NDArray[np.float64] | None = None,
    ) -> TrainingData:
        """Standardise rows by their own mean and standard deviation.

        Parameters
        ----------
        X
            (rows, *input_shape), in original units.
        y
            (rows,) or (rows, outputs), in original units.
        standardise_target
            ``False`` leaves ``y`` in its own units, as counts and classes must be.
        standardize
            See :func:`bayesdrop.fit`. Default ``True``.
        exposure, sample_weight
            (rows,), positive. Default ``None``: the rows have none.
        """
        columns = y.reshape(len(y), -1)
        scaling = Standardization.of(
            X,
            columns,
            target=standardise_target and standardize in (True, "y"),
            inputs=standardize in (True, "X"),
        )
        rows = scaling.inputs(X), scaling.target(columns)
        own = (y.ndim == 1, standardize, exposure, sample_weight)
        return cls(*rows, X, columns, scaling, *own)

    @property
    def row_terms(self) -> dict[RowTerm, NDArray[np.float64]]:
        """Return what the rows have beside inputs and target, by name, each (rows,)."""
        found: dict[RowTerm, NDArray[np.float64]] = {}
        if self.exposure is not None:
            found["exposure"] = self.exposure
        if self.sample_weight is not None:
            found["sample_weight"] = self.sample_weight
        return found

    @property
    def columns(self) -> NDArray[np.float32]:
        """Join ``y_standardised`` and :attr:`row_terms`: the ``y`` of programs, (rows, columns)."""
        if not self.row_terms:
            return self.y_standardised
        terms = [term[:, None].astype(np.float32) for term in self.row_terms.values()]
        return np.concatenate([self.y_standardised, *terms], axis=1)

    def bound_to(self, model: Model, form: Form) -> BoundModel:
        """Bind ``model`` to these rows."""
        bound = model.bind(self.input_shape, self.n_outputs, form)
        return replace(bound, row_terms=tuple(self.row_terms)) if self.row_terms else bound

    @property
    def target(self) -> NDArray[np.float64]:
        """Return ``y_original`` in the shape it came in, (rows,) or (rows, outputs)."""
        return self.y_original[:, 0] if self.one_output else self.y_original

    @property
    def rows(self) -> int:
        """Count the rows."""
        return len(self.X_original)

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Return the shape of one row of inputs."""
        return self.X_original.shape[1:]

    @property
    def n_outputs(self) -> int:
        """Count the target columns."""
        return self.y_original.shape[1]

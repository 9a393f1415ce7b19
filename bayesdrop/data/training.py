"""The rows a method trains on: standardised, with the scaling that made them so."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bayesdrop.data.standardization import Standardization, Standardize


@dataclass(frozen=True, eq=False)
class TrainingData:
    """Training rows in both units, and how to get from one to the other.

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
    """

    X_standardised: NDArray[np.float32]
    y_standardised: NDArray[np.float32]
    X_original: NDArray[np.float64]
    y_original: NDArray[np.float64]
    scaling: Standardization
    one_output: bool
    standardize: Standardize = True

    @classmethod
    def of(
        cls,
        X: NDArray[np.float64],
        y: NDArray[np.float64],
        standardise_target: bool,
        standardize: Standardize = True,
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
            As in :func:`bayesdrop.fit`. Default ``True``.
        """
        columns = y.reshape(len(y), -1)
        scaling = Standardization.of(
            X,
            columns,
            target=standardise_target and standardize in (True, "y"),
            inputs=standardize in (True, "X"),
        )
        rows = scaling.inputs(X), scaling.target(columns)
        return cls(*rows, X, columns, scaling, y.ndim == 1, standardize)

    @property
    def target(self) -> NDArray[np.float64]:
        """``y_original`` in the shape it came in, (rows,) or (rows, outputs)."""
        return self.y_original[:, 0] if self.one_output else self.y_original

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.X_original)

    @property
    def input_shape(self) -> tuple[int, ...]:
        """The shape of one row of inputs."""
        return self.X_original.shape[1:]

    @property
    def n_outputs(self) -> int:
        """Number of target columns."""
        return self.y_original.shape[1]

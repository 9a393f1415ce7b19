"""The rows a method trains on: standardised, with the scaling that made them so."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bayesdrop.data.standardization import Standardization


@dataclass(frozen=True, eq=False)
class TrainingData:
    """Training rows, and how to get back to the units they came in.

    Attributes
    ----------
    X, y
        Standardised, float32: (rows, features) and (rows, outputs). Counts and classes are as
        they came.
    inputs, target
        The same in original units, float64.
    scaling
        Shift and scale of every column.
    """

    X: NDArray[np.float32]
    y: NDArray[np.float32]
    inputs: NDArray[np.float64]
    target: NDArray[np.float64]
    scaling: Standardization

    @classmethod
    def of(
        cls, inputs: NDArray[np.float64], target: NDArray[np.float64], standardise_target: bool
    ) -> TrainingData:
        """From rows in original units, (rows, features) and (rows, outputs)."""
        scaling = Standardization.of(inputs, target, standardise_target)
        return cls(scaling.inputs(inputs), scaling.target(target), inputs, target, scaling)

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.X)

    @property
    def n_features(self) -> int:
        """Number of columns of ``X``."""
        return self.X.shape[1]

    @property
    def n_outputs(self) -> int:
        """Number of columns of ``y``."""
        return self.y.shape[1]

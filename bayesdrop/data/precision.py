"""A check that columns which are not standardised keep what they say when methods see them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bayesdrop.data.standardization import LARGEST
from bayesdrop.data.training import TrainingData

_LOST = 0.01
"""The largest error of float32, as a share of the column's whole range."""


def check_precision(
    training: TrainingData, feature_names: Sequence[str], output_names: Sequence[str]
) -> None:
    """Raise a ``ValueError`` if float32 does not hold a column that is left in its own units.

    Methods compute in float32. Standardised columns fit it, whatever they were before.
    """
    if training.standardize in (False, "y"):
        _check(training.X_original, training.X_standardised, feature_names, "X", training)
    if training.standardize in (False, "X"):
        _check(training.y_original, training.y_standardised, output_names, "y", training)


def _check(
    original: NDArray[np.float64],
    seen: NDArray[np.float32],
    names: Sequence[str],
    argument: str,
    training: TrainingData,
) -> None:
    columns = original.reshape(-1, original.shape[-1])
    largest = np.abs(columns).max(0)
    left = f"and standardize={training.standardize!r} leaves {argument} in its own units"
    for column in np.flatnonzero(largest > LARGEST).tolist():
        raise ValueError(
            f"column {names[column]!r} of {argument} has numbers up to {largest[column]:.1g}, "
            f"{left}: methods take numbers up to {LARGEST:g}. Standardise it, or give it in "
            "another unit"
        )
    error = np.abs(columns - seen.reshape(columns.shape)).max(0)
    span = np.ptp(columns, axis=0)
    for column in np.flatnonzero(error > _LOST * span).tolist():
        raise ValueError(
            f"column {names[column]!r} of {argument} has numbers up to {largest[column]:.1g} that "
            f"differ by {span[column]:.1g} at most, {left}: in the float32 of methods those "
            "differences are lost. Standardise it, or subtract a value near all of them and give "
            "it in another unit"
        )

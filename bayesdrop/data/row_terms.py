"""Checks of what rows have beside their inputs and targets: exposures and weights."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bayesdrop.bound import RowTerm
from bayesdrop.data.checks import numbers_in
from bayesdrop.likelihood import Likelihood

_LARGEST = 1e15


def check_takes_exposure(likelihood: Likelihood) -> None:
    """Raise a ``ValueError`` unless the target is a count whose rate an exposure multiplies."""
    if not likelihood.takes_exposure:
        raise ValueError(
            f"exposure: {likelihood} has no rate that it could multiply. Leave it out, or use "
            "bd.Poisson() or bd.NegativeBinomial() for counts"
        )


def checked_row_term(values: ArrayLike, rows: int, name: RowTerm) -> NDArray[np.float64]:
    """``values`` as float64 (rows,).

    Raises
    ------
    TypeError
        They are no numbers.
    ValueError
        There is not one for each row, or one is not positive and finite, or is below 1e-15 or
        above 1e15, of which float32 has no products.
    """
    found = numbers_in(values, name)
    if found.shape != (rows,):
        raise ValueError(f"{name} has shape {found.shape}: give one number for each of {rows} rows")
    wrong = np.flatnonzero(~(np.isfinite(found) & (found > 0)))
    if len(wrong):
        raise ValueError(
            f"{name} must be positive and finite, and is not in {len(wrong)} row(s), the first "
            f"{wrong[0]} ({found[wrong[0]]:g}): leave such rows out"
        )
    if found.min() < 1 / _LARGEST or found.max() > _LARGEST:
        raise ValueError(
            f"{name} is from {found.min():.1g} to {found.max():.1g}, and methods take numbers from "
            f"{1 / _LARGEST:g} to {_LARGEST:g}: give it in another unit, or leave such rows out"
        )
    return found

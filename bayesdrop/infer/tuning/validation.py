"""The part of the training rows that a method holds out, to choose by."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bayesdrop import out_of_memory
from bayesdrop.bound import BoundModel
from bayesdrop.data.checks import check_rows
from bayesdrop.data.target import made_names
from bayesdrop.data.training import TrainingData
from bayesdrop.posterior.posterior import Posterior
from bayesdrop.posterior.prediction.predictive import Predictive
from bayesdrop.posterior.results.parameter_arrays import finite

ValidationRows = Literal["last", "random"]
VALIDATION_ROWS: tuple[ValidationRows, ...] = ("last", "random")


class Parts(NamedTuple):
    """The rows to train on, and those that are held out, by number."""

    training: NDArray[np.intp]
    held_out: NDArray[np.intp]


def parts_of(rows: int, validation: float, which: ValidationRows, seed: int) -> Parts:
    """Hold that part of the rows out: the last ones, or rows drawn from the seed.

    Raises
    ------
    ValueError
        There are too few rows for it.
    """
    count = int((1 - validation) * rows)
    if not 0 < count < rows:
        raise ValueError(
            f"{rows} training rows with validation={validation:g} leave no row "
            f"to {'validate' if count else 'train'} on: give more rows or another part"
        )
    order = np.arange(rows)
    if which == "random":
        order = np.random.default_rng(seed).permutation(rows)
    return Parts(order[:count], order[count:])


def part_of(bound: BoundModel, data: TrainingData, rows: NDArray[np.intp]) -> TrainingData:
    """Those rows of the data, standardised by themselves.

    Raises
    ------
    ValueError
        They are too few, or an output is constant in them.
    """
    inputs, target = data.X_original[rows], data.target[rows]
    try:
        check_rows(inputs, target, made_names(data.n_outputs))
    except ValueError as error:
        raise ValueError(
            f"in the {len(rows)} training rows that are not held out: {error}. Give another "
            'validation part, or validation_rows="random"'
        ) from error
    is_real = bound.model.likelihood.standardises_target
    return TrainingData.of(inputs, target, is_real, data.standardize)


def predicted(post: Posterior, X: NDArray[np.float64]) -> Predictive:
    """The prediction of a fit of the part at rows that were held out.

    They are training rows of its user, so nothing is said of those that lie far out.

    Raises
    ------
    FloatingPointError
        It is NaN or infinite.
    """
    with out_of_memory.predicting(), np.errstate(under="ignore"):
        found = post.predict_standardised(post.inputs(X), post.seed)
    next(finite([found.parameters]))
    return found

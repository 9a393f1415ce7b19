"""One data set, as a user gives it to a fit, and what is checked and encoded of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bayesdrop.bound import RowTerm
from bayesdrop.data.checks import (
    check_magnitude,
    check_present,
    check_rows,
    checked_feature_names,
    shaped_inputs,
)
from bayesdrop.data.encoding import Encoding, Missing, encoding_of
from bayesdrop.data.frames import frame_of
from bayesdrop.data.precision import check_precision
from bayesdrop.data.row_terms import check_takes_exposure, checked_row_term
from bayesdrop.data.standardization import Standardize
from bayesdrop.data.target import Target, target_of
from bayesdrop.data.training import TrainingData
from bayesdrop.likelihood import Likelihood


class Given(NamedTuple):
    """A data set, as the arguments of :func:`bayesdrop.fit` have it."""

    X: ArrayLike
    y: ArrayLike
    feature_names: Sequence[str] | None = None
    sample_weight: ArrayLike | None = None
    exposure: ArrayLike | None = None
    output_names: Sequence[str] | None = None


class Checked(NamedTuple):
    """The training rows, and how columns and target became their numbers."""

    training: TrainingData
    feature_names: tuple[str, ...]
    encoding: Encoding | None
    target: Target


def checked(
    given: Given, likelihood: Likelihood, standardize: Standardize, missing: Missing
) -> Checked:
    """The training rows of ``given``, for a model of this likelihood.

    Raises
    ------
    TypeError, ValueError
        See :func:`bayesdrop.fit`.
    """
    X, encoding = given.X, encoding_of(given.X, missing, given.feature_names)
    inputs = shaped_inputs(X if encoding is None else encoding.encode(X))
    check_present(inputs, given.feature_names if encoding is None else encoding.feature_names)
    target, numbers = target_of(given.y, likelihood, given.output_names)
    check_rows(inputs, numbers, target.names)
    names = _names(given, encoding, inputs.shape[-1])
    if target.classes is not None:
        likelihood = likelihood.with_classes(len(target.classes))
    likelihood.network_outputs(len(target.names))
    likelihood.check_target(numbers)
    terms = _row_terms(given, likelihood, len(inputs))
    is_real = likelihood.standardises_target
    if is_real:
        check_magnitude(numbers, target.names)
    training = TrainingData.of(inputs, numbers, is_real, standardize, **terms)
    check_precision(training, names, target.names)
    return Checked(training, names, encoding, target)


def _names(given: Given, encoding: Encoding | None, count: int) -> tuple[str, ...]:
    """The names of the numbers of a row. Those given for an array's columns are the encoding's."""
    if encoding is None:
        return checked_feature_names(given.feature_names, count)
    if given.feature_names is None or frame_of(given.X) is None:
        return encoding.feature_names
    return checked_feature_names(given.feature_names, count)


def _row_terms(
    given: Given, likelihood: Likelihood, rows: int
) -> dict[RowTerm, NDArray[np.float64]]:
    found: dict[RowTerm, NDArray[np.float64]] = {}
    if given.exposure is not None:
        check_takes_exposure(likelihood)
        found["exposure"] = checked_row_term(given.exposure, rows, "exposure")
    if given.sample_weight is not None:
        found["sample_weight"] = checked_row_term(given.sample_weight, rows, "sample_weight")
    return found

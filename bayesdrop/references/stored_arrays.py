"""The arrays of a reference's file: which there are, and whether they hold what they should."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bayesdrop import catalog
from bayesdrop.family import Parameters
from bayesdrop.family.blocks import check_numbers
from bayesdrop.files import RefusedFileError
from bayesdrop.likelihood import Likelihood
from bayesdrop.references.problem import POINTS, ReferenceProblem
from bayesdrop.references.quantities import Draws
from bayesdrop.references.stored_header import HeaderOfReference

_MANY_OUTPUTS = 1_000
"""A network may have so many. If it has more, the file must hold as many numbers at an input."""


def points_in(
    arrays: dict[str, NDArray], problem: ReferenceProblem, header: HeaderOfReference
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Take out the inputs, and the targets of the first of them.

    Those of a data set that bayesdrop knows are taken from it. We may not ship those rows. Those of
    a data set in a Python file are in the reference, since a file is never run to read another.
    """
    if not catalog.is_path(problem.dataset):
        try:
            same = problem.load_data().sha256 == header.dataset_sha256
            rows = problem.rows()
        except ValueError as error:
            raise RefusedFileError(f"has a wrong problem: {error}") from error
        if not same:
            raise RefusedFileError(f"was made from another version of {problem.dataset}")
        if rows.sha256 != header.rows_sha256:
            raise RefusedFileError(
                f"was made from other rows or inputs of {problem.dataset} than are chosen now: "
                "make it again by bayesdrop reference"
            )
        return rows.X, rows.y_test
    inputs, targets = (_finite(arrays, name).astype(np.float64) for name in ("X", "y_test"))
    if inputs.ndim < 2 or len(inputs) != POINTS or targets.ndim != 1 or len(targets) > POINTS:
        raise RefusedFileError(
            f"has inputs and targets of shapes {inputs.shape} and {targets.shape}"
        )
    return inputs, targets


def draws_in(arrays: dict[str, NDArray], prefix: str) -> Draws:
    """Take out the arrays whose names begin with ``prefix``, by the rest of their names."""
    names = [name for name in arrays if name.startswith(prefix)]
    return {name.removeprefix(prefix): _finite(arrays, name) for name in names}


def _finite(arrays: dict[str, NDArray], name: str) -> NDArray[Any]:
    found = arrays.pop(name, None)
    if found is None or found.dtype.kind != "f":
        raise RefusedFileError(f"lacks {name}")
    if not np.isfinite(found).all():
        raise RefusedFileError(f"has {name} with numbers that are NaN or infinite")
    return found


def check_parameters(parameters: Draws, problem: ReferenceProblem) -> None:
    """Raise a ``RefusedFileError`` unless they are those of the likelihood's family."""
    for name, value in parameters.items():
        if value.ndim not in (3, 4) or value.shape[1] not in (1, POINTS) or 0 in value.shape:
            raise RefusedFileError(f"has parameters/{name} of shape {value.shape}")
    if not parameters or len({len(value) for value in parameters.values()}) > 1:
        raise RefusedFileError("lacks the likelihood's parameters, or draws of some of them")
    likelihood = problem.model.likelihood
    outputs = next(iter(parameters.values())).shape[2]
    numbers = sum(math.prod(value.shape[2:]) for value in parameters.values())
    try:
        if likelihood.network_outputs(outputs) > max(numbers, _MANY_OUTPUTS):
            raise ValueError(f"there are {numbers} at an input, and {likelihood} has more outputs")
        wanted = _parameters_of(likelihood, outputs)
        check_numbers({name: np.asarray(v, np.float64) for name, v in parameters.items()})
    except ValueError as error:
        raise RefusedFileError(f"has wrong parameters: {error}") from error
    if parameters.keys() != wanted.keys():
        raise RefusedFileError(
            f"has the parameters {', '.join(parameters)}, and {likelihood} {', '.join(wanted)}"
        )


def _parameters_of(likelihood: Likelihood, outputs: int) -> Parameters:
    """The likelihood's parameters at the inputs of a reference, of a network that is 0 there."""
    latent = {
        name: np.ones((1, *likelihood.shape_of(name, outputs)), np.float32)
        for name in likelihood.priors
    }
    network = np.zeros((1, POINTS, likelihood.network_outputs(outputs)), np.float32)
    return likelihood.parameters(network, latent)


def check_scales(scales: Draws, parameters: Draws) -> None:
    """Raise a ``RefusedFileError`` unless they are scales, as many draws as of the parameters."""
    count = len(next(iter(parameters.values())))
    for name, value in scales.items():
        if value.ndim < 1 or len(value) != count or np.any(value < 0):
            raise RefusedFileError(f"has scales/{name} that are no {count} draws of a scale")

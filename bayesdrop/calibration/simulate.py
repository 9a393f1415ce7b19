"""Data sets of the prior: the values of every site, and a target drawn given them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bayesdrop.bound import BoundModel
from bayesdrop.data.training import TrainingData
from bayesdrop.family import Parameters
from bayesdrop.posterior.export.prior_draws import prior_draws


@dataclass(frozen=True, eq=False)
class Simulated:
    """A draw of the joint distribution of a model's variables and its target.

    Attributes
    ----------
    values
        Site name → (1, *shape), in the expanded form.
    parameters
        The likelihood's parameters at the rows, each (1, rows, outputs, ...).
    data
        The rows with the target that was drawn, none of them standardised any further.
    seed
        The seed of the fit to them.
    """

    values: dict[str, NDArray]
    parameters: Parameters
    data: TrainingData
    seed: int


def simulated(bound: BoundModel, X: NDArray[np.float64], rng: np.random.Generator) -> Simulated:
    """Draw every site from the prior and a target at the rows ``X`` (rows, *input_shape).

    Raises
    ------
    ValueError
        The prior allows targets that can't be drawn, such as counts of a rate beyond whole numbers.
    """
    family = bound.model.likelihood.family
    values = prior_draws(bound, 1, rng)
    with np.errstate(over="ignore", invalid="ignore"):  # what is not finite is refused
        parameters = bound.forward(values, X)
        try:
            y = family.sample(parameters, rng)[0].astype(np.float64)
        except ValueError as error:
            raise ValueError(_too_wide(bound)) from error
        finite = np.all(np.isfinite(y.astype(np.float32)))
    if not finite:
        raise ValueError(_too_wide(bound))
    target = y[:, 0] if bound.n_outputs == 1 else y
    data = TrainingData.of(X, target, standardise_target=False, standardize=False)
    return Simulated(values, parameters, data, int(rng.integers(2**32)))


def _too_wide(bound: BoundModel) -> str:
    return (
        f"the prior of {bound.model} allows targets that are infinite or too large to draw: give "
        "it a narrower one, such as a smaller base_scale and bias_scale, or noise of lighter tails"
    )

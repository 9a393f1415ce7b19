"""Predictions as users have them: a Predictive, a likelihood's parameters, or draws of y."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bayesdrop.data.checks import numbers_in
from bayesdrop.posterior.prediction.predictive import Predictive

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class TargetDraws:
    """Draws of y alone, (draws, rows): a distribution for each row that has no density."""

    values: Array

    @property
    def mean(self) -> Array:
        """Mean of every row, (rows,)."""
        return self.values.mean(0)

    @property
    def std(self) -> Array:
        """Standard deviation of every row, (rows,)."""
        return self.values.std(0)

    def share_up_to(self, y: Array) -> Array:
        """The share of the draws that are at most ``y``, (rows,)."""
        return (self.values <= y).mean(0)

    def quantile(self, q: float) -> Array:
        """The smallest draw of which at least the share ``q`` is no larger, (rows,)."""
        return np.quantile(self.values, q, axis=0, method="inverted_cdf")


def as_prediction(
    pred: Predictive | Mapping[str, ArrayLike] | ArrayLike, exact: Predictive
) -> Predictive | TargetDraws:
    """Return what was given as a prediction of the rows that ``exact`` predicts.

    Raises
    ------
    TypeError, ValueError
        It is of another kind of target, or does not have the shape or the names.
    """
    rows = exact.n_rows
    if isinstance(pred, Predictive):
        return _of_kind(pred, exact)
    if isinstance(pred, Mapping):
        full = {str(name): _parameter(str(name), value, rows) for name, value in pred.items()}
        if full.keys() != exact.parameters.keys():
            raise ValueError(
                f"the parameters are {', '.join(full) or 'none'}, and those of {exact.likelihood} "
                f"are {', '.join(exact.parameters)}"
            )
        if len({len(value) for value in full.values()}) > 1:
            raise ValueError("the parameters do not have the same number of draws")
        return Predictive(exact.likelihood, full)
    values = numbers_in(pred, "pred")
    if values.ndim != 2 or values.shape[1] != rows or not len(values):
        raise ValueError(
            f"draws of y have shape {values.shape}, and must have (draws, {rows}): predict at "
            "reference.X. Draws of f are given by name, such as {'loc': f, 'scale': sigma}"
        )
    if not np.isfinite(values).all():
        raise ValueError("draws of y hold NaN or infinite values")
    return TargetDraws(values)


def _of_kind(pred: Predictive, exact: Predictive) -> Predictive:
    if pred.kind != exact.kind:
        raise TypeError(
            f"the prediction is of a {pred.kind} target ({pred.likelihood}), and the reference of "
            f"a {exact.kind} one ({exact.likelihood})"
        )
    if pred.n_rows != exact.n_rows or not pred.one_output:
        raise ValueError(
            f"the prediction has {pred.n_rows} rows, and the reference {exact.n_rows} inputs with "
            "one output: predict at reference.X"
        )
    return pred


def _parameter(name: str, value: Any, rows: int) -> NDArray[np.float32]:
    """(draws, rows, 1), of (draws,), (draws, rows) or that."""
    array = numbers_in(value, name).astype(np.float32)
    if array.ndim == 1:
        array = np.repeat(array[:, None], rows, axis=1)
    if array.ndim == 2:
        array = array[:, :, None]
    if array.ndim not in (3, 4) or array.shape[1:3] != (rows, 1) or not len(array):
        raise ValueError(
            f"{name} has shape {np.shape(value)}, and must have (draws, {rows}), or (draws,) if it "
            "is the same at every input: predict at reference.X"
        )
    return array

"""Predictions as users have them: a Predictive, a likelihood's parameters, or draws of y."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bayesdrop.data.checks import numbers_in
from bayesdrop.family.blocks import check_numbers
from bayesdrop.posterior.prediction.predictive import Predictive

Array = NDArray[np.float64]

_CHAINS = ", and put the draws of all chains into the first axis"


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
        It is of another kind of target, or does not have the shape, the names or the classes.
    """
    if isinstance(pred, Predictive):
        return _of_kind(pred, exact)
    if isinstance(pred, Mapping):
        return Predictive(exact.likelihood, _parameters(pred, exact))
    values = numbers_in(pred, "pred")
    rows = exact.n_rows
    if values.ndim != 2 or values.shape[1] != rows or not len(values):
        raise ValueError(
            f"draws of y have shape {values.shape}, and must have (draws, {rows}): predict at "
            f"reference.X{_CHAINS * (values.ndim == 3)}. Draws of f are given by name, such as "
            "{'loc': f, 'scale': sigma}"
        )
    if not np.isfinite(values).all():
        raise ValueError("draws of y hold NaN or infinite values")
    _check_values(values, exact)
    return TargetDraws(values)


def _check_values(draws: Array, exact: Predictive) -> None:
    """Raise if the target is classes or counts and draws of y are no class numbers or counts."""
    if exact.kind not in ("class", "count"):
        return
    what, most, to = "counts", np.inf, ""
    if exact.kind == "class":
        what, most = "class numbers", exact.probabilities.shape[-1] - 1
        to = f" to {most}"
    wrong = (draws < 0) | (draws > most) | (draws != np.floor(draws))
    if not wrong.any():
        return
    by_name = ", ".join(exact.parameters)
    raise ValueError(
        f"draws of y must be {what}, whole numbers from 0{to}, and one is {draws[wrong][0]:g}. "
        f"Give parameters of the distribution by name ({by_name})"
    )


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
    if pred.kind == "class":
        ours, theirs = (one.probabilities.shape[-1] for one in (pred, exact))
        if ours != theirs:
            raise ValueError(f"the prediction has {ours} classes, and the reference {theirs}")
    return pred


def _parameters(
    given: Mapping[str, ArrayLike], exact: Predictive
) -> dict[str, NDArray[np.float32]]:
    """The parameters by name, each (draws, rows, 1, ...) as float32."""
    if given.keys() != exact.parameters.keys():
        raise ValueError(
            f"the parameters are {', '.join(map(str, given)) or 'none'}, and those of "
            f"{exact.likelihood} are {', '.join(exact.parameters)}"
        )
    full = {
        name: _parameter(name, given[name], exact.n_rows, known.shape[3:])
        for name, known in exact.parameters.items()
    }
    counts = {name: len(full[name]) for name, value in given.items() if np.ndim(value)}
    if len(set(counts.values())) > 1:
        each = " and ".join(f"{count} of {name}" for name, count in counts.items())
        raise ValueError(f"the parameters do not have the same number of draws: {each}")
    draws = max(counts.values(), default=1)
    found = {name: np.repeat(v, draws // len(v), axis=0) for name, v in full.items()}
    check_numbers(found)
    return found


def _parameter(name: str, value: Any, rows: int, each: tuple[int, ...]) -> NDArray[np.float32]:
    """(draws, rows, 1, *each); without ``each`` also of one number, or of (draws,)."""
    with np.errstate(over="ignore"):  # what is not finite is refused in words
        array = numbers_in(value, name).astype(np.float32)
    if not each and array.ndim <= 1:
        array = array.reshape(-1, 1)
    if array.ndim == 2 + len(each):
        array = np.expand_dims(array, 2)
    if array.ndim != 3 + len(each) or array.shape[1:] not in _shapes(rows, each) or not len(array):
        shape = ", ".join(["draws", *map(str, (rows, *each))])
        same = "" if each else ", or (draws,) or one number if it is the same at every input"
        chains = _CHAINS * (np.ndim(value) == 3 + len(each))
        raise ValueError(
            f"{name} has shape {np.shape(value)}, and must have ({shape}){same}: predict at "
            f"reference.X{chains}"
        )
    return np.broadcast_to(array, (len(array), rows, 1, *each))


def _shapes(rows: int, each: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
    """What may follow the axis of draws: all inputs, or one value for all."""
    return (rows, 1, *each), (1, 1, *each)

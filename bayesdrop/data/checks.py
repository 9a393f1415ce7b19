"""Checks of a user's data, each with one error that says what is wrong and what to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NoReturn

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bayesdrop.data.standardization import is_constant, mean_and_std

_MIN_ROWS = 2
_MOST_LABELS = 10
_LARGEST_TARGET = 1e100  # its square and those of its parts are float64, and so is their sum


def checked_inputs(X: ArrayLike, input_shape: tuple[int, ...] | None = None) -> NDArray[np.float64]:
    """``X`` as float64 (rows, *input_shape), or an error that names what is wrong."""
    inputs = _numeric(X, "X")
    if not 2 <= inputs.ndim <= 4:
        raise ValueError(
            f"X has shape {inputs.shape}: give a matrix (rows, features), sequences (rows, time, "
            "features) or images (rows, height, width, channels)" + _reshape(inputs, input_shape)
        )
    if len(inputs) == 0:
        raise ValueError("X has 0 rows: give at least one")
    if 0 in inputs.shape[1:]:
        raise ValueError("X has 0 features: a model needs at least one column")
    if input_shape is not None and inputs.shape[1:] != input_shape:
        if inputs.ndim == len(input_shape) + 1 == 2:
            found, fitted = f"{inputs.shape[1]} features", f"{input_shape[0]}"
        else:
            found, fitted = f"rows of shape {inputs.shape[1:]}", f"rows of {input_shape}"
        raise ValueError(f"X has {found}, the model was fitted to {fitted}")
    _check_finite(inputs, "X")
    return inputs


def _reshape(inputs: NDArray[np.float64], input_shape: tuple[int, ...] | None) -> str:
    """What to do about one axis too few: a column of rows, or one row of what was fitted."""
    if input_shape is not None and inputs.shape == input_shape:
        return ". For one row give X[None]"
    return ", for example X.reshape(-1, 1)" if inputs.ndim == 1 else ""


def target_array(y: ArrayLike) -> NDArray[np.float64]:
    """``y`` as float64 (rows,) or (rows, outputs).

    Raises
    ------
    TypeError
        It holds what are no numbers.
    ValueError
        It has another shape.
    """
    target = _numeric(y, "y")
    if target.ndim not in (1, 2) or 0 in target.shape[1:]:
        raise ValueError(f"y has shape {target.shape}: give (rows,) or (rows, outputs)")
    return target


def check_observed(target: NDArray[np.float64], names: Sequence[str]) -> None:
    """Raise a ``ValueError`` if a value of ``target`` is NaN or infinite, naming its output."""
    bad = ~np.isfinite(target)
    if target.ndim == 1 or not bad.any():
        _check_finite(target, "y")
        return
    outputs = ", ".join(repr(name) for name, lacks in zip(names, bad.T, strict=True) if lacks.any())
    rows = bad.any(axis=1)
    raise ValueError(
        f"y is NaN or infinite in outputs {outputs}, in {int(rows.sum())} row(s), the first "
        f"{int(np.argmax(rows))}: every output needs a value in every row. Drop those rows, or fit "
        "a model for each output to the rows that have it"
    )


def check_rows(inputs: NDArray[np.float64], target: NDArray[np.float64]) -> None:
    """Raise a ``ValueError`` if they do not match, are fewer than 2, or an output is constant."""
    if len(inputs) != len(target):
        raise ValueError(f"X has {len(inputs)} rows and y has {len(target)}: they must match")
    if len(inputs) < _MIN_ROWS:
        raise ValueError(f"{len(inputs)} training row(s): give at least {_MIN_ROWS}")
    columns = target.reshape(len(target), -1)
    for column in np.flatnonzero(is_constant(columns)):
        _refuse_constant(columns[:, column], f"y column {column}" if target.ndim == 2 else "y")


def _refuse_constant(values: NDArray[np.float64], name: str) -> NoReturn:
    if np.all(values == values[0]):
        raise ValueError(f"{name} is constant: there is nothing to predict")
    spread, largest = mean_and_std(values)[1], np.abs(values).max()
    raise ValueError(
        f"{name} is constant but for rounding: its standard deviation is {spread:.1g}, and its "
        f"largest number {largest:.1g}. If such differences matter, subtract a value near all of "
        "them before, or give it in another unit"
    )


def check_magnitude(target: NDArray[np.float64], names: Sequence[str]) -> None:
    """Raise a ``ValueError`` if squares of an output, as in its variance, are beyond float64."""
    columns = target.reshape(len(target), -1)
    largest, spread = np.abs(columns).max(0), mean_and_std(columns)[1]
    wrong = (largest > _LARGEST_TARGET) | (spread < 1 / _LARGEST_TARGET)
    for column in np.flatnonzero(wrong).tolist():
        raise ValueError(
            f"y has numbers up to {largest[column]:.1g} in output {names[column]!r}, with a "
            f"standard deviation of {spread[column]:.1g}: their squares are beyond float64, and a "
            "variance needs them. Give y in another unit"
        )


def checked_feature_names(names: Iterable[str] | None, n_features: int) -> tuple[str, ...]:
    """One name per feature or channel: those given, or ``x0``, ``x1``, …

    Raises
    ------
    TypeError, ValueError
        See :func:`checked_names`.
    """
    made = tuple(f"x{column}" for column in range(n_features))
    return made if names is None else checked_names(names, n_features, "feature_names")


def checked_names(names: Iterable[str], count: int, argument: str) -> tuple[str, ...]:
    """The names, one for each of ``count`` columns.

    Raises
    ------
    TypeError
        The names are one string, or not strings.
    ValueError
        Their number is not that of the columns, or two are the same.
    """
    if isinstance(names, str):
        raise TypeError(f"{argument}={names!r}: give one name per column, for example a list")
    chosen = tuple(names)
    for name in chosen:
        if not isinstance(name, str):
            raise TypeError(f"{argument} holds {name!r}: names are strings")
    if len(chosen) != count:
        raise ValueError(f"{len(chosen)} {argument} for {count} columns: give one for each")
    repeated = sorted(name for name, times in Counter(chosen).items() if times > 1)
    if repeated:
        what = argument.replace("_", " ")
        raise ValueError(f"{what} must differ, and {repeated[0]!r} is given twice")
    return chosen


def _numeric(values: ArrayLike, name: str) -> NDArray[np.float64]:
    if hasattr(values, "toarray"):
        raise TypeError(f"{name} is sparse: give {name}.toarray()")
    if np.ma.is_masked(values):
        raise ValueError(
            f"{name} is a masked array that hides {np.ma.count_masked(values)} value(s): drop or "
            "impute those rows first"
        )
    array = np.asarray(values)
    if array.dtype.kind not in "buif":
        import pandas as pd

        if missing := int(pd.isna(array).sum()):
            raise TypeError(f"{name} lacks {missing} value(s): drop or impute those rows first")
        strange = [v for v in array.reshape(-1).tolist() if not isinstance(v, (int, float))]
        labels = sorted({repr(value) for value in strange})
        several = f" ({len(labels)} different: {', '.join(labels[:_MOST_LABELS])})"
        advice = (
            f"for example {strange[0]!r}: encode them as numbers{several if labels[1:] else ''}"
            + (", or fit classes by bd.Categorical()" if name == "y" else "")
            if strange
            else f"convert it by {name}.astype(float)"
        )
        raise TypeError(f"{name} holds {array.dtype} values, {advice}")
    return array.astype(np.float64, order="C")


def _check_finite(array: NDArray[np.float64], name: str) -> None:
    bad = np.argwhere(~np.isfinite(array))
    if len(bad):
        place = ", ".join(str(int(i)) for i in bad[0])
        raise ValueError(
            f"{name} has {len(bad)} NaN or infinite value(s), the first at [{place}]: "
            "drop or impute those rows first"
        )

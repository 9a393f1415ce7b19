"""Checks of a user's data, each with one error that says what is wrong and what to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike, NDArray

_MIN_ROWS = 2
_MOST_LABELS = 10


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


def checked_data(X: ArrayLike, y: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Training data as float64 (rows, *input_shape) and (rows,) or (rows, outputs).

    Raises
    ------
    TypeError
        Not numbers.
    ValueError
        Wrong shapes, rows that do not match, fewer than 2 rows, NaN or infinite values, or a
        target that is constant.
    """
    inputs, target = checked_inputs(X), _numeric(y, "y")
    if target.ndim not in (1, 2) or 0 in target.shape[1:]:
        raise ValueError(f"y has shape {target.shape}: give (rows,) or (rows, outputs)")
    if len(inputs) != len(target):
        raise ValueError(f"X has {len(inputs)} rows and y has {len(target)}: they must match")
    if len(inputs) < _MIN_ROWS:
        raise ValueError(f"{len(inputs)} training row(s): give at least {_MIN_ROWS}")
    _check_finite(target, "y")
    constant = np.flatnonzero(np.ptp(np.atleast_2d(target.T), axis=1) == 0)
    if len(constant):
        column = f" column {constant[0]}" if target.ndim == 2 else ""
        raise ValueError(f"y{column} is constant: there is nothing to predict")
    return inputs, target


def checked_feature_names(names: Iterable[str] | None, n_features: int) -> tuple[str, ...]:
    """One name per feature or channel: those given, or ``x0``, ``x1``, …

    Raises
    ------
    TypeError
        The names are one string, or not strings.
    ValueError
        Their number is not that of the columns, or two are the same.
    """
    if isinstance(names, str):
        raise TypeError(f"feature_names={names!r}: give one name per column, for example a list")
    made = (f"x{column}" for column in range(n_features))
    chosen = tuple(made if names is None else names)
    for name in chosen:
        if not isinstance(name, str):
            raise TypeError(f"feature_names holds {name!r}: names are strings")
    if len(chosen) != n_features:
        raise ValueError(f"{len(chosen)} feature_names for {n_features} columns: give one for each")
    repeated = sorted(name for name, count in Counter(chosen).items() if count > 1)
    if repeated:
        raise ValueError(f"feature names must differ, and {repeated[0]!r} is given twice")
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

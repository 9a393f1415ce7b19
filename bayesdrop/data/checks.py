"""Checks of a user's data, each with one error that says what is wrong and what to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NoReturn

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bayesdrop.data.standardization import is_constant, mean_and_std
from bayesdrop.missing import NUMBERS, array_of, check_finite
from bayesdrop.wording import DATES_AS_NUMBERS, some

_MIN_ROWS = 2
_LARGEST_TARGET = 1e100  # its square and those of its parts are float64, and so is their sum


def checked_inputs(X: ArrayLike, input_shape: tuple[int, ...] | None = None) -> NDArray[np.float64]:
    """Return ``X`` as float64 (rows, *input_shape), or raise an error that names what is wrong."""
    inputs = shaped_inputs(X, input_shape)
    check_finite(inputs, "X")
    return inputs


def shaped_inputs(X: ArrayLike, input_shape: tuple[int, ...] | None = None) -> NDArray[np.float64]:
    """Return ``X`` as :func:`checked_inputs` does, and let values be missing or infinite."""
    inputs = numbers_in(X, "X")
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
    return inputs


def check_present(inputs: NDArray[np.float64], names: Iterable[str] | None) -> None:
    """Raise a ``ValueError`` if training rows lack a value, naming its column if it has a name."""
    if inputs.ndim != 2 or np.isfinite(inputs).all():
        check_finite(inputs, "X")
        return
    columns = None if names is None else checked_names(names, inputs.shape[1], "feature_names")
    check_finite(inputs, "X", columns, 'drop or impute those rows, or fit with missing="indicator"')


def _reshape(inputs: NDArray[np.float64], input_shape: tuple[int, ...] | None) -> str:
    """What to do about one axis too few: a column of rows, or one row of what was fitted."""
    if input_shape is not None and inputs.shape == input_shape:
        return ". For one row give X[None]"
    return ", for example X.reshape(-1, 1)" if inputs.ndim == 1 else ""


def target_array(y: ArrayLike) -> NDArray[np.float64]:
    """Return ``y`` as float64 (rows,) or (rows, outputs).

    Raises
    ------
    TypeError
        It holds what are no numbers.
    ValueError
        It has another shape.
    """
    target = numbers_in(y, "y")
    if target.ndim not in (1, 2) or 0 in target.shape[1:]:
        raise ValueError(f"y has shape {target.shape}: give (rows,) or (rows, outputs)")
    return target


def check_observed(target: NDArray[np.float64], names: Sequence[str]) -> None:
    """Raise a ``ValueError`` if a value of ``target`` is missing or infinite, naming its output."""
    bad = ~np.isfinite(target)
    if target.ndim == 1 or not bad.any():
        check_finite(target, "y")
        return
    outputs = ", ".join(repr(name) for name, lacks in zip(names, bad.T, strict=True) if lacks.any())
    rows = bad.any(axis=1)
    raise ValueError(
        f"y is missing or infinite in outputs {outputs}, in {int(rows.sum())} row(s), the first "
        f"{int(np.argmax(rows))}: every output needs a value in every row. Drop those rows, or fit "
        "a model for each output to the rows that have it"
    )


def check_rows(
    inputs: NDArray[np.float64], target: NDArray[np.float64], names: Sequence[str]
) -> None:
    """Raise a ``ValueError`` if they do not match, are fewer than 2, or an output is constant.

    ``names`` are those of the outputs.
    """
    if len(inputs) != len(target):
        raise ValueError(f"X has {len(inputs)} rows and y has {len(target)}: they must match")
    if len(inputs) < _MIN_ROWS:
        raise ValueError(f"{len(inputs)} training row(s): give at least {_MIN_ROWS}")
    columns = target.reshape(len(target), -1)
    for column in np.flatnonzero(is_constant(columns)).tolist():
        name = f"output {names[column]!r} of y" if target.ndim == 2 else "y"
        _refuse_constant(columns[:, column], name)


def _refuse_constant(values: NDArray[np.float64], name: str) -> NoReturn:
    if np.all(values == values[0]):
        raise ValueError(f"{name} is constant: there is nothing to predict")
    spread, largest = mean_and_std(values)[1], np.abs(values).max()
    raise ValueError(
        f"{name} is constant but for rounding: its standard deviation is {spread:.1g}, and its "
        f"largest number {largest:.1g}. If such differences matter, subtract a value near all of "
        "them before, or give it in another unit"
    )


def check_squares(values: NDArray[np.float64], name: str) -> None:
    """Raise a ``ValueError`` if squares of ``values`` are beyond float64."""
    largest = float(np.abs(values).max(initial=0.0))
    if largest > _LARGEST_TARGET:
        raise ValueError(
            f"{name} has numbers up to {largest:.1g}: their squares are beyond float64. Give it in "
            "another unit, or leave those rows out"
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
    made = made_feature_names(n_features)
    return made if names is None else checked_names(names, n_features, "feature_names")


def made_feature_names(count: int) -> tuple[str, ...]:
    """The names of so many features of which none is given: ``x0``, ``x1``, …"""
    return tuple(f"x{column}" for column in range(count))


def checked_names(names: Iterable[str], count: int, argument: str) -> tuple[str, ...]:
    """Return the names, one for each of ``count`` columns.

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


def numbers_in(values: ArrayLike, name: str) -> NDArray[np.float64]:
    """Return ``values`` as a float64 array of their own shape, with NaN where one is missing.

    Parameters
    ----------
    values
        Numbers. A value is missing where it is NaN or None, or where a masked array hides it.
    name
        What messages call them.

    Raises
    ------
    TypeError
        They are sparse, a mapping, an array with fields, or no numbers.
    """
    if hasattr(values, "toarray"):
        raise TypeError(f"{name} is sparse: give {name}.toarray()")
    array = None if isinstance(values, Mapping) else array_of(values)
    if array is None or array.dtype.names:
        raise TypeError(f"{name} is no array of numbers: give pandas.DataFrame({name})")
    if array.dtype.kind in "buif" or not array.size:
        return array.astype(np.float64, order="C")
    if array.dtype.kind in "mM":
        raise TypeError(f"{name} holds dates or times: {DATES_AS_NUMBERS}")
    strange = {repr(v): v for v in array.reshape(-1).tolist() if not isinstance(v, NUMBERS)}
    if not strange:
        raise TypeError(f"{name} holds {array.dtype} values: give float64 or another real type")
    labels = [strange[words] for words in sorted(strange)]
    several = f" ({len(labels)} different: {some(labels)})" if labels[1:] else ""
    classes = ", or fit classes by bd.Categorical()" if name == "y" else ""
    raise TypeError(
        f"{name} holds {array.dtype} values, for example {next(iter(strange))}: encode them as "
        f"numbers{several}{classes}"
    )

"""Standardisation of inputs and target by the training rows' mean and standard deviation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, cast

import numpy as np
from numpy.typing import NDArray

LARGEST = 1e15
"""Methods see no input beyond ±this: float32 then holds what a network makes of it."""

Standardize = Literal["X", "y"] | bool
"""What is standardised: inputs and target (``True``), neither, or one of them."""


def checked_standardize(value: Any) -> Standardize:
    """``value``, or a ``ValueError`` if it is none of ``True``, ``False``, ``"X"`` and ``"y"``."""
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, str) and value in ("X", "y"):
        return cast("Standardize", value)
    raise ValueError(
        f"standardize={value!r}: give True (inputs and target), False (neither), "
        '"X" (the inputs alone) or "y" (the target alone)'
    )


@dataclass(frozen=True, eq=False)
class Standardization:
    """Shift and scale of every column: ``x_*`` (features,), ``y_*`` (outputs,).

    The features of sequences and the channels of images have one over all places. A constant
    column of X (:func:`is_constant`) has an infinite scale: it is 0 in training and in every
    prediction.
    """

    x_shift: NDArray[np.float64]
    x_scale: NDArray[np.float64]
    y_shift: NDArray[np.float64]
    y_scale: NDArray[np.float64]

    @classmethod
    def of(
        cls,
        X: NDArray[np.float64],
        y: NDArray[np.float64],
        target: bool = True,
        inputs: bool = True,
    ) -> Standardization:
        """Measure the training rows ``X`` (rows, *input_shape) and ``y`` (rows, outputs).

        ``target=False`` leaves y in its own units (classes, counts), ``inputs=False`` X.
        """
        columns = X.reshape(-1, X.shape[-1])
        return cls(*_measured(columns, inputs, np.inf), *_measured(y, target, 1.0))

    @property
    def left_out(self) -> NDArray[np.intp]:
        """The numbers of the columns of X that were constant."""
        return np.flatnonzero(np.isinf(self.x_scale))

    @property
    def target_precision(self) -> type[np.floating]:
        """The dtype that holds predictions in original units.

        It is float32, unless a target's standard deviation is 1 % of its mean or less, or is not
        between 1e-30 and 1e20: then float64.
        """
        offset = float(np.max(np.abs(self.y_shift) / self.y_scale))
        fits = self.y_scale.min() > 1e-30 and self.y_scale.max() < 1e20 and offset < 100
        return np.float32 if fits else np.float64

    def inputs(self, X: NDArray) -> NDArray[np.float32]:
        """Standardised inputs, float32, those beyond ±:data:`LARGEST` as that."""
        found = _standardised(X, self.x_shift, self.x_scale)
        return np.clip(found, -LARGEST, LARGEST, out=found).astype(np.float32)

    def original_inputs(self, X: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return inputs in original units, float64, of standardised ones."""
        scale = np.where(np.isinf(self.x_scale), 0.0, self.x_scale)
        return X.astype(np.float64) * scale + self.x_shift

    def target(self, y: NDArray) -> NDArray[np.float32]:
        """Standardised target, float32: infinite where that does not hold it."""
        with np.errstate(over="ignore"):
            return _standardised(y, self.y_shift, self.y_scale).astype(np.float32)


def mean_and_std(columns: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and standard deviation of every column, whatever powers of ten it is made of.

    Columns are measured in units of a power of two near their largest number. That changes no bit
    of what they are in other units, and their squares neither overflow nor vanish.
    """
    exponents = np.frexp(np.abs(columns).max(0))[1]
    scaled = np.ldexp(columns, -exponents)
    return np.ldexp(scaled.mean(0), exponents), np.ldexp(scaled.std(0), exponents)


def is_constant(columns: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Say of each column whether it has one value, to rounding.

    Its standard deviation is then at most 1e-12 of its largest number, of whose 16 digits the
    first twelve are the same in all rows; or below 2e-308, where float64 has few digits.
    """
    return _constant(columns, mean_and_std(columns)[1])


def _constant(columns: NDArray[np.float64], std: NDArray[np.float64]) -> NDArray[np.bool_]:
    return std <= np.maximum(1e-12 * np.abs(columns).max(0), np.finfo(np.float64).tiny)


def _standardised(
    values: NDArray, shift: NDArray[np.float64], scale: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(values − shift) / scale, by halves, whose difference does not overflow."""
    with np.errstate(over="ignore"):
        return (0.5 * values - 0.5 * shift) / (0.5 * scale)


def _measured(
    columns: NDArray[np.float64], measure: bool, of_constants: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The shift and the scale of every column: 0 and 1 unless they are to be measured."""
    if not measure:
        return np.zeros(columns.shape[1]), np.ones(columns.shape[1])
    mean, std = mean_and_std(columns)
    return mean, np.where(_constant(columns, std), of_constants, std)

"""Standardisation of inputs and target by the training rows' mean and standard deviation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, cast

import numpy as np
from numpy.typing import NDArray

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
    column gets scale 1, so that it becomes 0 and not NaN.
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
        return cls(*_measured(columns, inputs), *_measured(y, target))

    @property
    def target_precision(self) -> type[np.floating]:
        """The dtype that holds predictions in original units.

        It is float32, unless a target's standard deviation is 1 % of its mean or less, or is not
        between 1e-30 and 1e30: then float64.
        """
        offset = float(np.max(np.abs(self.y_shift) / self.y_scale))
        fits = self.y_scale.min() > 1e-30 and self.y_scale.max() < 1e30 and offset < 100
        return np.float32 if fits else np.float64

    def inputs(self, X: NDArray) -> NDArray[np.float32]:
        """Standardised inputs, float32."""
        return ((X - self.x_shift) / self.x_scale).astype(np.float32)

    def original_inputs(self, X: NDArray[np.float32]) -> NDArray[np.float64]:
        """Inputs in original units, of standardised ones, to float32."""
        return X.astype(np.float64) * self.x_scale + self.x_shift

    def target(self, y: NDArray) -> NDArray[np.float32]:
        """Standardised target, float32."""
        return ((y - self.y_shift) / self.y_scale).astype(np.float32)


def _measured(
    columns: NDArray[np.float64], measure: bool
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The shift and the scale of every column: 0 and 1 unless they are to be measured."""
    if measure:
        return columns.mean(0), _scale(columns)
    return np.zeros(columns.shape[1]), np.ones(columns.shape[1])


def _scale(columns: NDArray[np.float64]) -> NDArray[np.float64]:
    spread = columns.std(0)
    floor = 1e-12 * np.abs(columns).max(0)  # relative: a column may be in any unit
    return np.where(spread > floor, spread, 1.0)

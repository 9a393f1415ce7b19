"""Rows to predict, as a user gives them, as the numbers that the fit was of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bayesdrop.data.checks import checked_inputs
from bayesdrop.data.encoding import Column, Encoding
from bayesdrop.data.frames import check_names, frame_of, values_of


def rows_of(
    X: Any,
    input_shape: tuple[int, ...],
    feature_names: Sequence[str],
    encoding: Encoding | None,
) -> NDArray[np.float64]:
    """``X`` as float64 (rows, *input_shape).

    A frame's columns are put into the order of the fit. If the fit saw an array, and a frame shares
    no name with ``feature_names``, its columns are taken by their place.

    Raises
    ------
    TypeError, ValueError
        They are those of :meth:`bayesdrop.data.encoding.Encoding.encode` and
        :func:`bayesdrop.data.checks.checked_inputs`.
    """
    if encoding is not None:
        return checked_inputs(encoding.encode(X), input_shape)
    frame = frame_of(X)
    if frame is None:
        return checked_inputs(X, input_shape)
    names = [str(name) for name in frame.columns]
    columns = {
        name: Column(name).numbers(values_of(series))
        for name, series in zip(names, frame.iter_columns(), strict=True)
    }
    if set(names) & set(feature_names):
        check_names(names, feature_names)
        names = list(feature_names)
    return checked_inputs(np.column_stack([columns[name] for name in names]), input_shape)

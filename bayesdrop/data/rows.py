"""Rows to predict, as a user gives them, as the numbers that the fit was of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bayesdrop.data.checks import checked_inputs, made_feature_names
from bayesdrop.data.encoding import Column, Encoding
from bayesdrop.data.frames import check_names, frame_of, is_by_place, values_of


def rows_of(
    X: Any,
    input_shape: tuple[int, ...],
    feature_names: Sequence[str],
    encoding: Encoding | None,
) -> NDArray[np.float64]:
    """``X`` as float64 (rows, *input_shape).

    A frame's columns are put into the order of the fit. They are taken by their place if the fit
    saw an array without names, or if the frame's names are numbers, as of a frame made of an array.

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
    if not is_by_place(names, feature_names, made_feature_names(len(feature_names))):
        check_names(names, feature_names)
        names = list(feature_names)
    return checked_inputs(np.column_stack([columns[name] for name in names]), input_shape)

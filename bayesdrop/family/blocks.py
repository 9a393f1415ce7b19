"""Mixtures over draws in blocks of rows, so that memory does not grow with their number."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bayesdrop.family.quantiles import Standard, roots

Array = NDArray[np.float64]
Components = dict[str, Array]
"""The family's arguments, each (rows, outputs, draws) or flattened to (mixtures, draws)."""

BLOCK = 2**17  # entries of one float64 temporary: 1 MiB, to stay in cache

_POSITIVE = ("scale", "rate", "df", "dispersion")


def row_blocks(
    parameters: Mapping[str, ArrayLike], y: ArrayLike
) -> Iterator[tuple[slice, Components, Array]]:
    """Row slices, their components (rows, outputs, draws) and values (rows, outputs, 1).

    The first of ``parameters`` is (draws, rows, outputs) and the others broadcast to it; ``y`` is
    (rows, outputs). All come in float64, in blocks of at least one row.

    Raises
    ------
    ValueError
        A wrong shape, no draws, arguments that are not finite, or scales, rates or degrees of
        freedom that are not positive.
    """
    first = next(iter(parameters))
    shape, values = np.shape(parameters[first]), np.asarray(y)
    if len(shape) != 3 or shape[0] == 0:
        raise ValueError(f"{first} must have shape (draws, rows, outputs), not {shape}")
    if values.shape != shape[1:]:
        raise ValueError(f"y must have shape (rows, outputs) {shape[1:]}, not {values.shape}")
    arrays = {name: np.broadcast_to(value, shape) for name, value in parameters.items()}
    size = max(1, BLOCK // (shape[0] * shape[2] or 1))
    for start in range(0, len(values), size):
        rows = slice(start, start + size)
        found = {
            name: np.moveaxis(value[:, rows], 0, -1).astype(np.float64, "C")
            for name, value in arrays.items()
        }
        check_numbers(found)
        yield rows, found, values[rows, :, None].astype(np.float64)


def check_numbers(parameters: Mapping[str, NDArray[np.floating]]) -> None:
    """Raise a ``ValueError`` for arguments that :func:`row_blocks` refuses."""
    for name, value in parameters.items():
        if name in _POSITIVE and not (np.isfinite(value).all() and np.all(value > 0)):
            raise ValueError(f"{name} must be positive and finite everywhere")
        if not np.isfinite(value).all():
            raise ValueError(f"{name} holds NaN or infinite values")


def quantile(
    parameters: Mapping[str, ArrayLike],
    q: ArrayLike,
    standard: Standard,
) -> Array:
    """Quantiles of mixtures of a location-scale family at the probabilities ``q`` in [0, 1].

    They are found to 1e-10 of the narrowest scale; see :mod:`bayesdrop.family.quantiles`.

    Parameters
    ----------
    parameters
        ``loc``, ``scale`` and what else the family has; ``loc`` is (draws, rows, outputs).
    q
        Probabilities, an array of any shape.
    standard
        The distribution of (y − loc) / scale.

    Returns
    -------
    ndarray, q.shape + (rows, outputs)
        In the units of ``loc``; −inf and inf at 0 and 1. Where the distribution function is
        flat to rounding at ``q``, any point of the flat stretch.

    Raises
    ------
    ValueError
        ``q`` is not within [0, 1], or as :func:`row_blocks`.
    """
    levels = checked_levels(q)
    shape = np.shape(parameters["loc"])[1:]
    out = np.empty((levels.size, *shape))
    for rows, components, _ in row_blocks(parameters, np.zeros(shape)):
        flat = {name: a.reshape(-1, a.shape[-1]) for name, a in components.items()}
        for i, level in enumerate(levels.flat):
            if 0 < level < 1:
                out[i, rows] = roots(flat, float(level), standard).reshape(out[i, rows].shape)
            else:
                out[i, rows] = -np.inf if level == 0 else np.inf
    return out.reshape(levels.shape + shape)


def checked_levels(q: ArrayLike) -> Array:
    """``q`` as float64, or a ``ValueError`` where it is not within [0, 1]."""
    levels = np.asarray(q, dtype=np.float64)
    if not np.all((levels >= 0) & (levels <= 1)):
        raise ValueError(f"q must lie in [0, 1], got {q!r}")
    return levels


def log_mean_exp(terms: Array, axis: int = -1) -> Array:
    """log of the mean of exp(terms) along ``axis``: over draws."""
    from scipy.special import logsumexp

    return np.asarray(logsumexp(terms, axis=axis)) - math.log(terms.shape[axis])

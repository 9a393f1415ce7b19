"""Draws of functions from Gaussian distributions over them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bayesdrop.alternatives import methods_for
from bayesdrop.infer.base import UnsupportedModelError
from bayesdrop.model import Model

Array = NDArray[np.float64]

LARGEST_BLOCK = 1000
"""Rows whose values are drawn jointly; more are taken in blocks."""

_FIRST_JITTER, _LAST_JITTER = 1e-12, 1e-4  # of the largest variance


def check_rows(model: Model, method: str, rows: int, most: int) -> None:
    """Raise an :class:`UnsupportedModelError` that says what to use for more than ``most``."""
    if rows > most:
        other = methods_for(model, "DeepGP", "SVI")
        raise UnsupportedModelError(
            f"{method}(max_rows={most}) got {rows} training rows, and its memory and time grow "
            f"with their square and cube: raise max_rows, or use {other} with a "
            "batch_size"
        )


def blocks(rows: int) -> list[slice]:
    """The rows that are drawn jointly."""
    starts = range(0, rows, LARGEST_BLOCK)
    return [slice(start, min(start + LARGEST_BLOCK, rows)) for start in starts]


def antithetic(mean: Array, covariance: Array, pairs: int, rng: np.random.Generator) -> Array:
    """``pairs`` pairs mean ± L ε, (2 · pairs, rows), whose average is the mean exactly."""
    spread = rng.standard_normal((pairs, len(mean))) @ _root(covariance).T
    return np.concatenate([mean + spread, mean - spread])


def _root(covariance: Array) -> NDArray[np.floating]:
    """A Cholesky factor; rounding may have left the smallest eigenvalues negative."""
    largest = float(np.max(np.diag(covariance)))
    jitter = 0.0
    while True:
        try:
            return np.linalg.cholesky(covariance + jitter * largest * np.eye(len(covariance)))
        except np.linalg.LinAlgError as error:
            jitter = max(10 * jitter, _FIRST_JITTER)
            if jitter > _LAST_JITTER:
                raise FloatingPointError(
                    "the covariance of functions at these rows has no Cholesky factor, even with "
                    f"{_LAST_JITTER:g} of its largest variance added: look at them for values far "
                    "away, or use bd.DeepGP"
                ) from error

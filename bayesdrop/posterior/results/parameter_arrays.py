"""Parameters of the likelihood in one array each, filled in chunks of draws.

What is the same in all rows, such as the noise scale of a Gaussian, is held once, and shown with an
axis of rows by a view.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from bayesdrop.family import Parameters
from bayesdrop.posterior.results.chunks import chunks

Arrays = dict[str, NDArray[np.floating]]


def held_once(parameters: Parameters) -> Arrays:
    """Views of (draws, rows, ...) with one row of what is the same in all rows."""
    return {
        name: value[:, :1] if value.ndim > 1 and value.strides[1] == 0 else value
        for name, value in parameters.items()
    }


def in_every_row(parameters: Parameters, rows: int) -> Arrays:
    """Views of what has one row as if it had ``rows``."""
    return {
        name: np.broadcast_to(value, (value.shape[0], rows, *value.shape[2:]))
        for name, value in parameters.items()
    }


def joined(parts: Iterable[Parameters], draws: int | None, rows: int) -> Arrays:
    """The parts, one after the other along the axis of draws, in arrays that are made once.

    ``draws`` is their number; ``None`` where the first part has all.
    """
    filled: Arrays = {}
    begin = 0
    for part in parts:
        own = held_once(part)
        count = len(next(iter(own.values())))
        if draws in (None, count):
            return in_every_row(own, rows)
        if not filled:
            filled = {n: np.empty((draws, *v.shape[1:]), v.dtype) for n, v in own.items()}
        for name, value in own.items():
            filled[name][begin : begin + count] = value
        begin += count
    return in_every_row(filled, rows)


def finite(parts: Iterable[Parameters]) -> Iterator[Parameters]:
    """The parts; a ``FloatingPointError`` names the rows of which one is NaN or infinite."""
    for part in parts:
        for value in held_once(part).values():
            if not np.isfinite(value).all():
                every = np.isfinite(value).all(axis=(0, *range(2, value.ndim)))
                wrong = ~np.asarray(every)
                raise FloatingPointError(
                    f"the prediction of {int(wrong.sum())} of {len(wrong)} rows is NaN or "
                    f"infinite, the first of row {int(np.argmax(wrong))}: look at the rows for "
                    "values far from the training rows, and at the fit for weights or scales that "
                    "are huge"
                )
        yield part


def few_draws_at_a_time(parts: Iterable[Parameters]) -> Iterator[Arrays]:
    """The same draws in parts that bound the memory of what is made of them."""
    for parameters in parts:
        first = next(iter(parameters.values()))
        for index in chunks(len(first), 8 * max(v[0].size for v in parameters.values())):
            part = slice(index[0], index[-1] + 1)
            yield {name: value[part] for name, value in parameters.items()}

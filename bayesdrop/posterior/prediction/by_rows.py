"""Summaries of a mixture over draws in blocks of rows, so that their temporaries stay small."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from bayesdrop.family import Parameters
from bayesdrop.family.blocks import BLOCK


def by_rows(parameters: Parameters, summary: Callable[[Parameters], NDArray]) -> NDArray:
    """Return ``summary`` of the parameters, (rows, outputs, …), one block of rows after another."""
    rows = next(iter(parameters.values())).shape[1]
    per_row = max(value[:, :1].size for value in parameters.values())
    size = max(1, BLOCK // (per_row or 1))
    found = [
        summary({name: value[:, start : start + size] for name, value in parameters.items()})
        for start in range(0, max(rows, 1), size)
    ]
    return np.concatenate(found)

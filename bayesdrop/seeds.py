"""What a seed is: a whole number from 0, below 2³²."""

from __future__ import annotations

import numbers
from collections.abc import Iterable
from typing import Any


def check_seeds(seeds: Iterable[Any]) -> None:
    """Raise a ``ValueError`` unless all are whole numbers from 0, below 2³²."""
    for seed in seeds:
        is_whole = isinstance(seed, numbers.Integral) and not isinstance(seed, bool)
        if not is_whole or not 0 <= int(seed) < 2**32:
            raise ValueError(f"seed must be a whole number from 0 to 2³² − 1, not {seed!r}")

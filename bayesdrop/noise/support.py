"""Where a noise lives."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from bayesdrop.noise.base import Noise

Support = Literal["real", "positive", "unit_interval", "interval", "boolean"]

BOUNDS: dict[Support, tuple[float, float]] = {
    "real": (-math.inf, math.inf),
    "positive": (0.0, math.inf),
    "unit_interval": (0.0, 1.0),
    "boolean": (0.0, 1.0),
}
"""The ends of each support but ``"interval"``, whose noises say their own."""


def in_support(x: NDArray[np.float64], noise: Noise) -> NDArray[np.bool_]:
    """Which elements of ``x`` lie in the support of ``noise``."""
    low, high = noise.bounds
    if noise.support == "boolean":
        return (x == low) | (x == high)
    return (x > low) & (x < high)


def edges(noise: Noise, dtype: Any) -> tuple[Any, Any]:
    """The first and the last number of a NumPy float type that lie in the support."""
    low, high = np.array(noise.bounds, dtype=dtype)
    if noise.support == "boolean":
        return low, high
    first = np.nextafter(low, high) if low else np.finfo(dtype).tiny
    return first, np.nextafter(high, low)

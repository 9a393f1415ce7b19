"""How well draws of Markov chains know a mean, by ArviZ."""

from __future__ import annotations

from typing import Any

import arviz
import xarray as xr
from numpy.typing import NDArray


def mean_and_error(draws: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Mean of (chain, draw, element) over the draws and, by ArviZ's ESS, its standard error."""
    data = xr.Dataset({"x": (("chain", "draw", "element"), draws)})
    return draws.mean((0, 1)), arviz.mcse(data, method="mean")["x"].to_numpy()

"""Weights that share one λ: their joint density with λ integrated out, and λ given them.

D weights w_k = λ z_k, z_k ~ N(0, 1), have the density ∫ p(λ) (2π λ²)^(−D/2) exp(−M/(2λ²)) dλ with
M = Σ w_k². For a noise whose parameters are numbers, or numbers but for one that scales it, that
is a function of log M that is tabulated once; for any other it is a quadrature at every M.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from array_api_compat import array_namespace

from bayesdrop.arrays import log
from bayesdrop.noise import group_quadrature, group_table

if TYPE_CHECKING:
    from bayesdrop.noise.base import Noise


def log_density(noise: Noise, squares: Any, count: int) -> Any:
    """See :meth:`bayesdrop.noise.Noise.log_group_density`."""
    _check(noise)
    unit, scale = _of_scale_1(noise)
    log_squares = _log(squares) - 2 * log(scale)
    integral = group_table if unit.has_numbers else group_quadrature
    found = integral.log_integral(unit, log_squares, count)
    return found - count * (log(scale) + 0.5 * math.log(2 * math.pi))


def scale_given(noise: Noise, uniform: Any, squares: Any, count: int) -> Any:
    """See :meth:`bayesdrop.noise.Noise.shared_scale`."""
    _check(noise)
    unit, scale = _of_scale_1(noise)
    log_squares = _log(squares) - 2 * log(scale)
    conditional = group_table if unit.has_numbers else group_quadrature
    return scale * conditional.quantile(unit, uniform, log_squares, count)


def _of_scale_1(noise: Noise) -> tuple[Noise, Any]:
    """The noise of scale 1 that ``noise`` is a multiple of, and the multiple."""
    if (field := noise.scale_parameter) is None:
        return noise, 1.0
    return noise.bind({field: 1.0}), noise.parameter_values[field]


def _log(squares: Any) -> Any:
    xp = array_namespace(squares)
    return xp.log(squares + float(np.finfo(np.float32).tiny))


def _check(noise: Noise) -> None:
    if noise.support == "boolean":
        raise ValueError(
            f"{noise} is 0 or 1, and weights that share a 0 have a point mass, not a density"
        )

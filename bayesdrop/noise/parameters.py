"""Noise parameters that are no numbers: learned ones, and those with a prior."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import TYPE_CHECKING, Any, TypeGuard

import numpy as np
from numpy.typing import NDArray

from bayesdrop.field_checks import checked_number
from bayesdrop.noise import quadrature
from bayesdrop.noise.learned import Learned
from bayesdrop.noise.support import BOUNDS, Support
from bayesdrop.spec import Spec

if TYPE_CHECKING:
    from bayesdrop.noise.base import Noise

Parameter = Any
"""A number, a :class:`Learned`, or a noise that is the prior."""

_NODES = 129  # of the first quadrature over a parameter's prior
_MOST_MEMBERS = 300_000
_TOLERANCE = 1e-6  # between all nodes and half of them; the error left is about its square


def check_parameter(noise: Noise, field: str, support: Support) -> None:
    """Make a number of ``noise.field`` a float; refuse what is outside ``support``."""
    value = noise.parameter_values[field]
    low, high = BOUNDS[support]
    if isinstance(value, Learned):
        checked_number(noise.bind({field: value.initial}), field, above=low, below=high)
    elif not _is_noise(value):
        checked_number(noise, field, above=low, at_most=high)
    elif value.support == "boolean" or not (low <= value.bounds[0] and value.bounds[1] <= high):
        raise ValueError(
            f"{type(noise).__name__}({field}={value!r}): the prior of {field} must be "
            f"{support.replace('_', ' ')}, not {value.support.replace('_', ' ')}"
        )


def _is_noise(value: object) -> TypeGuard[Noise]:
    """Say whether it is one; the class itself imports this module."""
    return isinstance(value, Spec) and value.kind == "noise"


def members(noise: Noise, nodes: int = _NODES) -> list[tuple[float, Noise]]:
    """Log probabilities and noises with numbers for parameters, whose mixture ``noise`` is.

    Learned parameters have their initial value; priors are averaged over by quadrature.
    """
    if not noise.free:
        return [(0.0, noise)]
    field, value = next(iter(noise.free.items()))
    if isinstance(value, Learned):
        return members(noise.bind({field: value.initial}), nodes)
    found = []
    for log_p, prior in members(value, nodes):
        numbers, log_mass = quadrature.nodes(prior, nodes)
        for number, log_m in zip(numbers, log_mass, strict=True):
            fixed = members(noise.bind({field: float(number)}), nodes)
            found += [(log_p + log_m + log_rest, member) for log_rest, member in fixed]
    return found


def log_mixture(
    noise: Noise, log_density: Callable[[Noise], NDArray[np.float64]]
) -> NDArray[np.float64]:
    """log E exp ``log_density`` over the :func:`members` of ``noise``, to about 1e-8.

    Raises
    ------
    ValueError
        The noise is too narrow for the spread of its parameters, or what is asked for is in a tail
        that only parameters of probability below e^−50 reach.
    """
    nodes, mixed = _NODES, members(noise)
    coarse = _log_mean(mixed, log_density)
    while len(mixed) > 1:
        nodes = 2 * nodes - 1
        mixed = members(noise, nodes)
        fine = _log_mean(mixed, log_density)
        if np.allclose(coarse, fine, rtol=1e-12, atol=_TOLERANCE, equal_nan=True):
            return fine
        if 4 * len(mixed) > _MOST_MEMBERS:
            raise ValueError(
                f"{noise} can't be averaged over its parameters here: it is too narrow at some of "
                "them, or this is too far in the tail"
            )
        coarse = fine
    return coarse


def _log_mean(
    mixed: list[tuple[float, Noise]], log_density: Callable[[Noise], NDArray[np.float64]]
) -> NDArray[np.float64]:
    with np.errstate(invalid="ignore"):  # NaN stays NaN
        return reduce(np.logaddexp, (log_p + log_density(member) for log_p, member in mixed))


def draw(noise: Noise, rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Draws of ``noise``, each with parameters of its own from their priors."""
    priors = {f: v for f, v in noise.free.items() if not isinstance(v, Learned)}
    if not priors:
        return noise.start.draw(rng, shape)
    drawn = {field: draw(prior, rng, shape) for field, prior in priors.items()}
    result = np.empty(shape)
    for index in np.ndindex(shape):
        own = {field: float(value[index]) for field, value in drawn.items()}
        result[index] = noise.start.bind(own).draw(rng, ())
    return result

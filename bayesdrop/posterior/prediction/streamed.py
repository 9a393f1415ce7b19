"""Means and variances over draws that come in parts, so that no array has all draws and rows."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from bayesdrop.family import Family, Parameters
from bayesdrop.posterior.results.parameter_arrays import few_draws_at_a_time

Array = NDArray[np.float64]


class Mean:
    """Mean over the draws so far, of the shape of one; infinite where one is."""

    def __init__(self) -> None:
        self._count, self._sum = 0, np.zeros(())

    def add(self, values: NDArray) -> None:
        """Add draws, (draws, ...)."""
        self._sum = self._sum + values.sum(0, dtype=np.float64)
        self._count += len(values)

    @property
    def mean(self) -> Array:
        """Return the mean of all draws that were added, float64."""
        return self._sum / self._count


class Moments:
    """Mean and variance over the draws so far, by the update of Chan, Golub & LeVeque (1983).

    Attributes
    ----------
    mean, variance
        Those of all draws that were added, of the shape of one; float64.
    """

    mean: Array
    variance: Array

    def __init__(self) -> None:
        self._count = 0

    def add(self, values: NDArray) -> None:
        """Add draws, (draws, ...)."""
        new = len(values)
        mean, variance = values.mean(0, dtype=np.float64), values.var(0, dtype=np.float64)
        if self._count:
            share = new / (self._count + new)
            apart = mean - self.mean
            mean = self.mean + share * apart
            variance = self.variance + share * (variance - self.variance)
            variance = variance + share * (1 - share) * apart**2
        self.mean, self.variance = mean, variance
        self._count += new


def mean_and_std(family: Family, parts: Iterable[Parameters]) -> tuple[Array, Array]:
    """The predictive mean and standard deviation, (rows, outputs, ...), of the parts' draws.

    They are ``mean`` and ``std`` of the :class:`bayesdrop.Predictive` of all parts, to rounding.
    """
    means, noise = Moments(), Mean()
    for part in few_draws_at_a_time(parts):
        means.add(family.mean(part))
        noise.add(family.variance(part))
    return means.mean, np.hypot(np.sqrt(means.variance), np.sqrt(noise.mean))


def class_probabilities(family: Family, parts: Iterable[Parameters]) -> Array:
    """The probability of every class, (rows, outputs, classes): the mean over all draws."""
    found = Mean()
    for part in few_draws_at_a_time(parts):
        found.add(family.class_probabilities(part))
    return found.mean

"""What is kept of a fit: a few numbers per random variable, and its predictions."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

import bayesdrop as bd

LIMIT = 1e-4
"""The largest deviation, relative to a number plus :data:`FLOOR` of its group's size."""
FLOOR = 0.1
"""So a number near 0 may change by 1e-5 of the size of what it summarises."""

Numbers = Mapping[str, float]


class _Stored(NamedTuple):
    """What a fit keeps apart from draws."""

    values: Mapping[str, NDArray]
    losses: NDArray
    more: Mapping[str, NDArray]


def _stored(posterior: bd.Posterior) -> _Stored:
    """The one place that reads attributes which are not public."""
    fit, result = posterior.fit, posterior.result
    more: dict[str, ArrayLike] = {
        f"inclusion of {site}": probability
        for site, probability in fit.info.get("inclusion_probability", {}).items()
    }
    if "log_evidence" in fit.info:
        more["log evidence"] = fit.info["log_evidence"]
    if "grid" in fit.info:
        grid = fit.info["grid"]
        more["grid"] = next(grid[score] for score in ("nll", "crps") if score in grid)
    arrays = {name: np.asarray(value, dtype=np.float64) for name, value in more.items()}
    values = result.values if isinstance(result, bd.StochasticPasses) else {}
    return _Stored(values, fit.losses, arrays)


def summary(posterior: bd.Posterior, X_new: NDArray[np.float64]) -> dict[str, float]:
    """The numbers of a fit, each named ``group.number``.

    A group is a random variable, with its mean, root mean square and projection; or the learned
    parameters, the losses, or the mean or standard deviation of predictions, row by row.
    """
    stored = _stored(posterior)
    found: dict[str, float] = {}
    for site, values in (posterior.draws or stored.values).items():
        x = np.asarray(values, dtype=np.float64).reshape(-1)
        found[f"{site}.mean"] = float(x.mean())
        found[f"{site}.rms"] = float(np.sqrt(np.mean(x**2)))
        found[f"{site}.projection"] = projection(x)
    found |= {f"learned {name}.value": float(v) for name, v in posterior.learned.items()}
    if len(stored.losses):
        found["loss.first"], found["loss.last"] = (float(stored.losses[i]) for i in (0, -1))
    predicted = posterior.predict(X_new, seed=0)
    rows = {"predicted mean": predicted.mean, "predicted std": predicted.std}
    for group, array in (rows | dict(stored.more)).items():
        flat = np.asarray(array, dtype=np.float64).reshape(-1)
        found |= {f"{group}.{i:02d}": float(value) for i, value in enumerate(flat)}
    if bad := [name for name, value in found.items() if not math.isfinite(value)]:
        raise ValueError(f"not finite, so that nothing can be compared with it: {bad[0]}")
    return {name: float(f"{value:.8g}") for name, value in found.items()}


def summaries(posteriors: Iterable[bd.Posterior], X_new: NDArray[np.float64]) -> dict[str, float]:
    """The numbers of several fits; with more than one, a fit's index comes before each name."""
    each = [summary(posterior, X_new) for posterior in posteriors]
    if len(each) == 1:
        return each[0]
    return {f"{i}: {name}": value for i, one in enumerate(each) for name, value in one.items()}


def projection(x: NDArray[np.float64]) -> float:
    """One direction of ``x``, which changes when its elements trade places."""
    weights = np.cos(1.0 + 2.3 * np.arange(len(x)))
    return float(weights @ x / np.linalg.norm(weights))


class Deviation(NamedTuple):
    """The number that deviates most, and by how much."""

    size: float
    name: str
    kept: float
    now: float

    def __str__(self) -> str:
        return f"{self.name} was {self.kept:.8g} and is {self.now:.8g} (deviation {self.size:.1e})"


def worst(kept: Numbers, now: Numbers) -> Deviation:
    """The largest deviation of ``now`` from ``kept``; infinite where a name is in one alone."""
    for name in sorted(kept.keys() ^ now.keys()):
        return Deviation(math.inf, name, kept.get(name, math.nan), now.get(name, math.nan))
    found_sizes = sizes(kept)
    found = []
    for name, value in kept.items():
        floor = FLOOR * found_sizes[group_of(name)]
        gap = abs(now[name] - value)
        size = 0.0 if gap == 0 else gap / (abs(value) + floor)
        found.append(Deviation(size, name, value, now[name]))
    return max(found)


def group_of(name: str) -> str:
    return name.rpartition(".")[0]


def sizes(numbers: Numbers) -> dict[str, float]:
    """Group → the root mean square of the variable, or of the numbers of another group."""
    groups: dict[str, list[float]] = defaultdict(list)
    for name, value in numbers.items():
        groups[group_of(name)].append(value)
    return {
        group: numbers.get(f"{group}.rms", float(np.sqrt(np.mean(np.square(values)))))
        for group, values in groups.items()
    }

"""Fits of several jobs, of which some run as one program."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import TypeVar

from bayesdrop.posterior.results.fit import Fit

T = TypeVar("T")


def fits_by_group(
    jobs: Sequence[T], key: Callable[[T], Hashable], run: Callable[[list[T]], list[Fit]]
) -> list[Fit]:
    """The fits of ``jobs``, in their order; ``run`` makes those of the jobs of one ``key``."""
    groups: dict[Hashable, list[int]] = {}
    for index, job in enumerate(jobs):
        groups.setdefault(key(job), []).append(index)
    fits: dict[int, Fit] = {}
    for group in groups.values():
        fits |= zip(group, run([jobs[index] for index in group]), strict=True)
    return [fits[index] for index in range(len(jobs))]

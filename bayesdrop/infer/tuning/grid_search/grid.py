"""Grids over the fields of specifications: their points, and a specification at a point."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from typing import Any

from bayesdrop.spec import UnknownFieldError, replaced
from bayesdrop.wording import unknown

Grid = tuple[tuple[str, tuple[Any, ...]], ...]
"""Path of a field, such as ``"model.prior.unit.keep"``, and the values to try."""
GridPoint = dict[str, Any]
"""Path → value."""


def checked_grid(grid: Any, heads: tuple[str, ...]) -> Grid:
    """Pairs from a mapping or from pairs; every path starts with one of ``heads``.

    Raises
    ------
    TypeError, ValueError
        A path is unknown or there twice, or a path has no values.
    """
    found = []
    for path, values in grid.items() if isinstance(grid, Mapping) else grid:
        if isinstance(values, str) or not isinstance(values, Iterable):
            raise TypeError(f"grid={{{path!r}: {values!r}}}: give a tuple of values")
        if not (chosen := tuple(values)):
            raise ValueError(f"grid={{{path!r}: ()}}: give at least one value")
        if (head := path.partition(".")[0]) not in heads:
            raise ValueError(f"the grid's path {path!r}: {unknown('start', head, heads)}")
        found.append((path, chosen))
    if not found or len(dict(found)) < len(found):
        raise ValueError(f"grid={grid!r}: give one or more paths, each once")
    return tuple(found)


def points_of(grid: Grid) -> list[GridPoint]:
    """All combinations, the last path varying fastest."""
    paths = [path for path, _ in grid]
    combinations = itertools.product(*(values for _, values in grid))
    return [dict(zip(paths, values, strict=True)) for values in combinations]


def at(owner: Any, head: str, point: GridPoint) -> Any:
    """``owner`` with the values of those paths that start with ``head``.

    Raises
    ------
    TypeError, ValueError
        There is no such field, or it can't have that value.
    """
    for path, value in point.items():
        first, *names = path.split(".")
        if first != head:
            continue
        try:
            owner = replaced(owner, names, value)
        except UnknownFieldError as error:
            raise ValueError(
                f"the grid's path {path!r}: {error}. Give a model or method that has it, or "
                "GridSearch(grid=...) another path"
            ) from error
    return owner


def described(point: GridPoint) -> str:
    """A grid point, written for people."""
    return ", ".join(f"{path}={value!r}" for path, value in point.items())

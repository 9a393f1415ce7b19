"""A suite: which models, methods, datasets and splits are compared."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bayesdrop.spec import Spec, checked_count


@dataclass(frozen=True)
class Suite(Spec, kind="suite"):
    """Every model with every method on every split of every dataset.

    Parameters
    ----------
    models, inference
        Names in the catalog, or paths of files of your own (relative to the working directory).
        ``{dataset}`` in the name of a method stands for the data set's: a method for each.
    datasets
        Names :func:`bayesdrop.load_dataset` knows.
    splits
        Standard splits to run, or a number n for the first n. A dataset that has fewer, such as
        ``protein`` with 5, runs those it has.
    seed
        Split k is fitted with seed ``seed + k``. Default 0.
    description
        One line for lists.
    """

    models: tuple[str, ...]
    inference: tuple[str, ...]
    datasets: tuple[str, ...]
    splits: tuple[int, ...]
    seed: int = 0
    description: str = ""

    def __init__(
        self,
        models: Iterable[str],
        inference: Iterable[str],
        datasets: Iterable[str],
        splits: int | Iterable[int],
        seed: int = 0,
        description: str = "",
    ) -> None:
        chosen = range(splits) if isinstance(splits, int) else splits
        for name, value in (
            ("models", _names(models, "models")),
            ("inference", _names(inference, "inference")),
            ("datasets", _names(datasets, "datasets")),
            ("splits", _splits(chosen)),
            ("seed", seed),
            ("description", description),
        ):
            object.__setattr__(self, name, value)
        checked_count(self, "seed", at_least=0)


def _names(values: Iterable[str], field: str) -> tuple[str, ...]:
    names = tuple(values)
    if isinstance(values, str) or not all(isinstance(name, str) for name in names):
        raise TypeError(f"Suite({field}={values!r}): give a tuple of names")
    return _distinct(names, field)


def _splits(values: Iterable[int]) -> tuple[int, ...]:
    splits = tuple(values)
    if not all(type(split) is int and split >= 0 for split in splits):
        raise ValueError(f"Suite(splits={splits!r}): splits are whole numbers from 0")
    return _distinct(splits, "splits")


def _distinct(values: tuple, field: str) -> tuple:
    if not values:
        raise ValueError(f"Suite({field}=()): a suite needs at least one")
    twice = [value for value in values if values.count(value) > 1]
    if twice:
        raise ValueError(f"Suite({field}=...): {twice[0]!r} is there twice")
    return values

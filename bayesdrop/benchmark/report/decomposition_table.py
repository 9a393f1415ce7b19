"""How much of a score is the model's and how much the inference's, as texts."""

from __future__ import annotations

from collections.abc import Mapping

from bayesdrop.benchmark.report.numbers import number
from bayesdrop.benchmark.stats.decomposition import Decomposition


def decomposition_table(found: Mapping[str, Decomposition]) -> list[dict[str, str]]:
    """Return a row for each data set: the sizes of the effects, each with what chance gives."""
    return [
        {
            "data set": dataset,
            "models": str(len(own.models)),
            "methods": str(len(own.methods)),
            "splits": str(own.splits),
            "inference": _size(own.method, own.by_chance[1]),
            "model": _size(own.model, own.by_chance[0]),
            "both together": _size(own.together, own.by_chance[2]),
        }
        for dataset, own in found.items()
    ]


def _size(effect: float, by_chance: float) -> str:
    return f"{number(effect, 2)} ({number(by_chance, 2)})"

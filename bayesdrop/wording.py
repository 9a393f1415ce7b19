"""Words that messages share."""

from __future__ import annotations

from collections.abc import Sequence

_SHOWN = 5


def some(values: Sequence[object]) -> str:
    """The first of the values, and how many more there are: ``'a', 'b' and 3 more``."""
    shown = ", ".join(map(_written, values[:_SHOWN]))
    return f"{shown} and {len(values) - _SHOWN} more" if len(values) > _SHOWN else shown


def _written(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else repr(value)

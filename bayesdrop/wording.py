"""Words that messages share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

_SHOWN = 5
DATES_AS_NUMBERS = "turn them into numbers first, such as days since a start, or month and weekday"


def some(values: Sequence[object]) -> str:
    """The first of the values, and how many more there are: ``'a', 'b' and 3 more``."""
    shown = ", ".join(map(_written, values[:_SHOWN]))
    return f"{shown} and {len(values) - _SHOWN} more" if len(values) > _SHOWN else shown


def one_line(text: str) -> str:
    """The text on one line, without what a terminal would take for a command."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def unknown(what: str, name: object, known: Iterable[str]) -> str:
    """The message for a name nobody knows: the nearest match if there is one, and all the names."""
    import difflib

    names = sorted(known)
    near = difflib.get_close_matches(str(name), names, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return f"unknown {what} {name!r}; {hint}known: {', '.join(names) or 'none'}"


def _written(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else repr(value)

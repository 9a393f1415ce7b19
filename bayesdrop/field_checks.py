"""Checks of the fields of specifications: each makes a field what it should be, or refuses it."""

from __future__ import annotations

import math
import numbers
from collections.abc import Iterable

from bayesdrop.wording import unknown


def checked_number(
    owner: object,
    field: str,
    *,
    above: float = -math.inf,
    below: float = math.inf,
    at_least: float = -math.inf,
    at_most: float = math.inf,
) -> None:
    """Make ``owner.field`` a finite float within its bounds, or raise an error that says which."""
    value = getattr(owner, field)
    name = f"{type(owner).__name__}({field}={value!r})"
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise TypeError(f"{name}: {field} must be a number")
    number = float(value)
    bounds = [(above, number > above, ">"), (below, number < below, "<")]
    bounds += [(at_least, number >= at_least, ">="), (at_most, number <= at_most, "<=")]
    wanted = " and ".join(f"{sign} {bound:g}" for bound, _, sign in bounds if math.isfinite(bound))
    if not math.isfinite(number) or not all(holds for _, holds, _ in bounds):
        raise ValueError(f"{name}: {field} must be finite{' and ' + wanted if wanted else ''}")
    object.__setattr__(owner, field, number)


def checked_count(
    owner: object, field: str, *, at_least: int = 1, at_most: float = math.inf
) -> None:
    """Make ``owner.field`` an int between these, or raise an error that says so."""
    value = getattr(owner, field)
    name = f"{type(owner).__name__}({field}={value!r})"
    if isinstance(value, bool) or not isinstance(value, numbers.Integral):
        raise TypeError(f"{name}: {field} must be a whole number")
    if value < at_least:
        raise ValueError(f"{name}: {field} must be at least {at_least}")
    if int(value) > at_most:
        raise ValueError(f"{name}: {field} must be at most {at_most}")
    object.__setattr__(owner, field, int(value))


def checked_counts(owner: object, field: str, *, at_least: int = 0) -> None:
    """Turn the field into a tuple of ints, of which there must be ``at_least``, each from 1.

    Raises
    ------
    TypeError
        It is a number or text instead of a tuple.
    ValueError
        One is not a positive whole number, or there are too few.
    """
    value, name = getattr(owner, field), type(owner).__name__
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise TypeError(
            f"{name}({field}={value!r}): {field} is a tuple with one width per layer: "
            f"write {field}=({value},)"
        )
    widths = tuple(value)
    for width in widths:
        if isinstance(width, bool) or not isinstance(width, numbers.Integral) or width < 1:
            raise ValueError(
                f"{name}({field}={widths}): each width must be a whole number of at least 1"
            )
    if len(widths) < at_least:
        raise ValueError(f"{name}({field}={widths}): give at least {at_least}")
    object.__setattr__(owner, field, tuple(int(width) for width in widths))


def checked_flag(owner: object, field: str) -> None:
    """Raise a ``TypeError`` unless ``owner.field`` is ``True`` or ``False``."""
    value = getattr(owner, field)
    if not isinstance(value, bool):
        raise TypeError(f"{type(owner).__name__}({field}={value!r}): {field} is True or False")


def checked_choice(owner: object, field: str, choices: Iterable[str]) -> None:
    """Raise an error with the nearest match unless ``owner.field`` is one of ``choices``."""
    value = getattr(owner, field)
    if value not in (known := tuple(choices)):
        raise ValueError(
            f"{type(owner).__name__}({field}={value!r}): {unknown(field, value, known)}"
        )

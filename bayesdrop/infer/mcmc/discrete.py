"""How a sampler treats boolean noise: summed out exactly, or moved by Gibbs steps."""

from __future__ import annotations

from math import prod
from typing import Literal

from bayesdrop.bound import BoundModel

Discrete = Literal["auto", "enumerate", "gibbs"]
Treatment = Literal["none", "enumerate", "gibbs"]

ENUMERATION_LIMIT = 12
"""Boolean variables that are summed out at most: 4096 masks."""


def count(bound: BoundModel) -> int:
    """The number of boolean variables."""
    return sum(prod(site.shape) for site in bound.sites if site.support == "boolean")


def why_not_enumerate(bound: BoundModel) -> str | None:
    """``None``, or in words why the masks are too many to sum over."""
    if (found := count(bound)) <= ENUMERATION_LIMIT:
        return None
    return (
        f"{found} boolean noise variables have 2^{found} masks, and enumeration sums over at "
        f'most 2^{ENUMERATION_LIMIT}: use discrete="gibbs" or "auto"'
    )


def treatment(setting: Discrete, bound: BoundModel) -> Treatment:
    """What ``setting`` stands for with these sites; ``"none"`` without boolean ones."""
    found = count(bound)
    if found == 0:
        return "none"
    if setting == "auto":
        return "enumerate" if found <= ENUMERATION_LIMIT else "gibbs"
    return setting

"""How a sampler treats boolean noise: summed out exactly, or moved by Gibbs steps."""

from __future__ import annotations

from math import prod
from typing import Literal

from bayesdrop.model import Form, Model, Site, sites

Discrete = Literal["auto", "enumerate", "gibbs"]

ENUMERATION_LIMIT = 12
"""Boolean variables that are summed out at most: 4096 masks."""


def resolve(method: Discrete, table: tuple[Site, ...]) -> Literal["none", "enumerate", "gibbs"]:
    """What ``method`` stands for with the sites of ``table``; ``"none"`` without boolean ones.

    Raises
    ------
    ValueError
        ``"enumerate"`` with more than 12 boolean variables.
    """
    count = sum(prod(site.shape) for site in table if site.support == "boolean")
    if count == 0:
        return "none"
    if method == "auto":
        return "enumerate" if count <= ENUMERATION_LIMIT else "gibbs"
    if method == "enumerate" and count > ENUMERATION_LIMIT:
        raise ValueError(
            f"{count} boolean noise variables have 2^{count} masks, and enumeration sums over at "
            f'most 2^{ENUMERATION_LIMIT}: use discrete="gibbs" or "auto"'
        )
    return method


def why_not(method: Discrete, model: Model, form: Form) -> str | None:
    """Why ``model`` can't be sampled so, whatever the data; ``None`` if it depends on them."""
    try:
        resolve(method, sites(model, 1, form=form))
    except ValueError as error:
        return str(error)
    return None

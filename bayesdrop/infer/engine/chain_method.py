"""Where chains or members of an ensemble run: the setting, which needs no framework."""

from __future__ import annotations

from typing import Literal, get_args

from bayesdrop.field_checks import checked_choice

ChainMethod = Literal["auto", "parallel", "sequential", "vectorized"]


def checked_chain_method(owner: object) -> None:
    """Raise an error with the nearest match unless ``owner.chain_method`` is one of them."""
    checked_choice(owner, "chain_method", get_args(ChainMethod))

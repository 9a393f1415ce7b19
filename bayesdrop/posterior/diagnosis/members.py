"""The verdict on a stack: have all its members converged?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple


class OfMembers(NamedTuple):
    """This says whether all members have converged whose method can tell, and that in words."""

    converged: bool
    summary: str


def members_of(info: Mapping[str, Any]) -> OfMembers | None:
    """The verdict by ``Fit.info["stack_members"]``; ``None`` where nothing is known of any."""
    judged = {
        name: one
        for name, one in info.get("stack_members", {}).items()
        if one.get("converged") is not None
    }
    if not judged:
        return None
    stuck = {name: one["summary"] for name, one in judged.items() if not one["converged"]}
    if not stuck:
        return OfMembers(True, "all members converged")
    names = ", ".join(repr(name) for name in stuck)
    each = ". ".join(f"{name!r} is {words}" for name, words in stuck.items())
    return OfMembers(
        False,
        f"not converged: {names}; a mixture is no better known than its members. {each}. Give "
        "these members longer runs",
    )

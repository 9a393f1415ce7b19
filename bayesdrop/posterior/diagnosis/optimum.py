"""The verdict on a variational fit: is the guide at its optimum?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

LIMIT = 0.1
"""The largest error at an optimum.

That of a location is in standard deviations of the guide. That of a standard deviation is relative.
"""
_UNCERTAINTY = 0.2  # standard errors above it leave the question open


class Optimum(NamedTuple):
    """How far the guide is from its optimum at worst, whether it is there, and that in words."""

    location: float
    scale: float
    converged: bool
    summary: str


def optimum_of(info: Mapping[str, Any]) -> Optimum | None:
    """The verdict by ``Fit.info["optimum"]``; ``None`` where there is no such entry."""
    if "optimum" not in info:
        return None
    worst = {kind: _worst(info["optimum"][kind]) for kind in ("location", "scale")}
    unsure = max(site["uncertainty"] for kind in worst for site in info["optimum"][kind].values())
    beyond = {kind: least > LIMIT for kind, (least, _, _) in worst.items()}
    converged = not any(beyond.values()) and unsure <= _UNCERTAINTY
    return Optimum(
        worst["location"][1], worst["scale"][1], converged, _words(worst, beyond, unsure, converged)
    )


def _worst(sites: Mapping[str, Mapping[str, float]]) -> tuple[float, float, str]:
    """The largest error beyond chance, with the error itself and its site."""
    return max((site["least"], site["error"], name) for name, site in sites.items())


def _words(
    worst: Mapping[str, tuple[float, float, str]],
    beyond: Mapping[str, bool],
    unsure: float,
    converged: bool,
) -> str:
    """What a table shows comes before the semicolon."""
    if converged:
        return "at its optimum"
    (_, location, where), (_, scale, spread) = worst["location"], worst["scale"]
    found = []
    if beyond["location"]:
        found.append(f"{where} is {location:.2g} of its standard deviations off")
    if beyond["scale"]:
        found.append(f"the standard deviation of {spread} is off by {scale:.0%}")
    if found:
        return f"not at its optimum; {' and '.join(found)}: give more num_steps or num_particles"
    return (
        f"not known to be at its optimum; the check's errors are {unsure:.2g}, and may be "
        f"{_UNCERTAINTY:g}: give more num_steps, or larger batches"
    )

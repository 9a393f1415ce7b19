"""Where the sites lie in a guide's vector of all latent variables."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from bayesdrop.sharing import along
from bayesdrop.sites import Site

Index = NDArray[np.intp]


def positions(order: Iterable[str], table: tuple[Site, ...]) -> dict[str, Index]:
    """Site name → its elements' places in the vector that has the sites in this ``order``."""
    shapes = {site.name: site.shape for site in table}
    found, start = {}, 0
    for name in order:
        size = math.prod(shapes[name])
        found[name] = np.arange(start, start + size).reshape(shapes[name])
        start += size
    return found


def couplings(
    table: tuple[Site, ...], places: Mapping[str, Index]
) -> list[tuple[str, str, Index, Index]]:
    """Each (scaled site, scale), and for every element of the site: its place, and its scale's."""
    found = []
    for site in table:
        for scale, axes in site.multiplied_by or site.scaled_by:
            own = places[site.name]
            upstream = np.broadcast_to(along(places[scale], axes, own.ndim), own.shape)
            found.append((site.name, scale, own.ravel(), upstream.ravel()))
    return found


def rows(table: tuple[Site, ...], places: Mapping[str, Index]) -> tuple[Index, int]:
    """For every place the row of weights it belongs to, and how many rows there are.

    Rows are counted over all weight matrices: row i holds the weights that leave a unit. What is
    no weight has the number of rows in place of one.
    """
    row_of = np.full(sum(place.size for place in places.values()), -1)
    count = 0
    for site in table:
        if site.role == "weight":
            fan_in = site.shape[-2]
            row_of[places[site.name]] = count + np.arange(fan_in)[:, None]
            count += fan_in
    row_of[row_of < 0] = count
    return row_of, count

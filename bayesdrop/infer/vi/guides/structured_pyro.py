"""The guide of :mod:`bayesdrop.infer.vi.guides.structured_numpyro`, by Pyro's AutoStructured."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import torch
from pyro.infer import autoguide

from bayesdrop.infer.vi.guides.layout import Index, couplings, positions
from bayesdrop.sites import Site


def structured_guide(
    program: Callable[..., None], table: tuple[Site, ...], **settings: Any
) -> autoguide.AutoStructured:
    """Independent normals, the scaled sites' sheared by their scales."""
    places = positions([site.name for site in table], table)
    dependencies: Any = defaultdict(dict)
    for scaled, scale, _, sources in couplings(table, places):
        dependencies[scaled][scale] = _Coupling(sources - places[scale].min())
    return autoguide.AutoStructured(
        program,
        conditionals={site.name: "normal" for site in table},
        dependencies=dict(dependencies),
        **settings,
    )


class _Coupling(torch.nn.Module):
    """A scale's deviation → the shift of every weight, each with a coefficient of its own."""

    source: torch.Tensor

    def __init__(self, source: Index) -> None:
        super().__init__()
        self.register_buffer("source", torch.as_tensor(source))
        self.coupling = torch.nn.Parameter(torch.zeros(len(source)))

    def forward(self, deviation: torch.Tensor) -> torch.Tensor:
        return self.coupling * deviation[..., self.source]

"""The flow of :mod:`bayesdrop.infer.vi.guides.flow_numpyro`, in Pyro."""

from __future__ import annotations

from typing import Any

import pyro.distributions as dist
import torch
from pyro.distributions.transforms import AffineCoupling, AffineTransform, Permute
from pyro.infer import autoguide

from bayesdrop.infer.vi.guides.flow import HIDDEN, LAYERS, reversal


class FlowGuide(autoguide.AutoDiagonalNormal):
    """The mean-field guide with coupling layers between its standard normals and its scales."""

    def _setup_prototype(self, *args: Any, **kwargs: Any) -> None:
        super()._setup_prototype(*args, **kwargs)
        self.couplings = torch.nn.ModuleList(self._coupling() for _ in range(LAYERS)).to(self.loc)

    def get_posterior(self, *args: Any, **kwargs: Any) -> Any:
        steps: list[Any] = []
        for coupling in self.couplings:
            order = torch.as_tensor(reversal(self.latent_dim), device=self.loc.device)
            steps += [coupling, Permute(order)]
        scale: Any = self.scale
        steps.append(AffineTransform(self.loc, scale, event_dim=1, cache_size=1))
        return dist.TransformedDistribution(self.get_base_dist(), steps)

    def _coupling(self) -> AffineCoupling:
        first = self.latent_dim // 2
        return AffineCoupling(first, _Network(first, self.latent_dim - first))


class _Network(torch.nn.Module):
    """The first half of the variables → shift and log scale of the second."""

    def __init__(self, first: int, second: int) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(2 * torch.rand(first, HIDDEN) - 1)
        self.bias = torch.nn.Parameter(torch.zeros(HIDDEN))
        self.weight_out = torch.nn.Parameter(torch.zeros(HIDDEN, 2 * second))
        self.bias_out = torch.nn.Parameter(torch.zeros(2 * second))

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        root = max(len(self.weight), 1) ** 0.5
        hidden = torch.nn.functional.elu(x @ self.weight / root + self.bias)
        shift, log_scale = (hidden @ self.weight_out / HIDDEN**0.5 + self.bias_out).chunk(2, -1)
        return shift, log_scale.tanh()

"""The flow of :mod:`bayesdrop.infer.guides.flow_numpyro`, in Pyro."""

from __future__ import annotations

from typing import Any

import pyro.distributions as dist
import torch
from pyro.distributions.transforms import AffineCoupling, AffineTransform, Permute
from pyro.infer import autoguide
from pyro.nn import DenseNN

from bayesdrop.infer.guides.flow import HIDDEN, LAYERS, permutation


class FlowGuide(autoguide.AutoDiagonalNormal):
    """The mean-field guide with coupling layers between its standard normals and its scales."""

    def _setup_prototype(self, *args: Any, **kwargs: Any) -> None:
        super()._setup_prototype(*args, **kwargs)
        self.couplings = torch.nn.ModuleList(self._coupling() for _ in range(LAYERS)).to(self.loc)

    def get_posterior(self, *args: Any, **kwargs: Any) -> Any:
        steps: list[Any] = []
        for layer, coupling in enumerate(self.couplings):
            order = torch.as_tensor(permutation(layer, self.latent_dim), device=self.loc.device)
            steps += [coupling, Permute(order)]
        scale: Any = self.scale
        steps.append(AffineTransform(self.loc, scale, event_dim=1, cache_size=1))
        return dist.TransformedDistribution(self.get_base_dist(), steps)

    def _coupling(self) -> AffineCoupling:
        first = self.latent_dim // 2
        second = self.latent_dim - first
        network = DenseNN(first, [HIDDEN], [second, second], torch.nn.ELU())
        for parameter in network.layers[-1].parameters():
            torch.nn.init.zeros_(parameter)
        return AffineCoupling(first, network)

"""A weight or bias whose scale is integrated out, as a Pyro distribution."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyro.distributions as dist
import torch
from pyro.distributions import constraints

from bayesdrop import marginal
from bayesdrop.bound import BoundModel
from bayesdrop.noise import Noise
from bayesdrop.programs.pyro_noise import distribution
from bayesdrop.sharing import along
from bayesdrop.sites import Site


class SharedScaleMixture(dist.TorchDistribution):
    """The distribution of :mod:`bayesdrop.programs.numpyro_marginal`."""

    arg_constraints = {}  # noqa: RUF012  # pyright: ignore

    def __init__(self, site: Site, noise: Noise, spread: torch.Tensor, before: Any = None) -> None:
        self.site, self.noise, self.spread, self.before = site, noise, spread, before
        super().__init__(torch.Size(), torch.Size(site.shape), validate_args=False)

    @property
    def support(self) -> Any:
        return constraints.independent(constraints.real, len(self.site.shape))

    def log_prob(self, value: torch.Tensor) -> torch.Tensor:
        return marginal.log_prior(self.noise, self.site, value, self.spread, self.before)

    def sample(self, sample_shape: Any = ()) -> torch.Tensor:
        scale, lead = self.site.integrated, tuple(sample_shape)
        assert scale is not None
        with torch.no_grad():
            if self.before is None:
                prior = distribution(self.noise, self.spread)
                drawn = prior.expand(scale.shape).sample(torch.Size(lead))
            else:
                squares, counts = self.before
                uniform = torch.rand((*lead, *scale.shape)).to(self.spread)
                drawn = marginal.draw(self.noise, uniform, squares.expand(uniform.shape), counts)
            where = dict(scale.scales)[self.site.name]
            normal = torch.randn((*lead, *self.site.shape)).to(self.spread)
            return normal * self.spread * along(drawn, where, len(self.site.shape))


def mixture(
    bound: BoundModel, site: Site, values: Mapping[str, Any], like: torch.Tensor
) -> SharedScaleMixture:
    """The distribution of ``site``, whose scale is integrated out, given the sites before it."""
    assert site.integrated is not None
    return SharedScaleMixture(
        site,
        site.integrated.bound_prior(values),
        marginal.deviation(site, values, like),
        marginal.before(bound, site, values),
    )

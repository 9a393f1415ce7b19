"""A model as a PyTorch module: point weights, and the noise drawn on its units in every pass."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal

import torch
from torch.distributions import RelaxedBernoulli, biject_to, constraints
from torch.nn.utils import parametrize

from bayesdrop.bound import BoundModel
from bayesdrop.family import Parameters
from bayesdrop.likelihood import Likelihood
from bayesdrop.programs.pyro_noise import constraint, distribution
from bayesdrop.sites import Role, Site
from bayesdrop.wording import unknown

TEMPERATURE = 0.1
"""The concrete distribution has the temperature of Gal, Hron & Kendall (2017)."""


class _Constrained(torch.nn.Module):
    """A parametrization by PyTorch's bijection from the reals to the constraint."""

    def __init__(self, support: Any) -> None:
        super().__init__()
        self._transform = biject_to(support)

    def forward(self, raw: torch.Tensor) -> torch.Tensor:
        return self._transform(raw)

    def right_inverse(self, value: torch.Tensor) -> torch.Tensor:
        return self._transform.inv(value)


def _start(site: Site, likelihood: Likelihood) -> torch.Tensor:
    if site.role == "weight":
        return torch.randn(site.shape) * site.prior.scale  # type: ignore[attr-defined]
    if site.role == "bias":
        return torch.zeros(site.shape)
    if site.role == "likelihood":
        return torch.full(site.shape, likelihood.start_of(site.name, site.prior))
    return torch.full(site.shape, site.prior.median)


class NoisyNetwork(torch.nn.Module):
    """The expanded form with one parameter per weight, bias and likelihood site, under its name.

    So are noise parameters that are learned or have a prior. A positive one, such as
    ``noise_scale``, is stored as its logarithm, a probability as its logit (a PyTorch
    parametrization). Weights start as draws from their base prior, biases at 0, the likelihood's
    positive parameters at 1, degrees of freedom at 4, all others at their prior's median.

    In ``train()`` mode every call draws the noise afresh, differentiably in its parameters (a
    Bernoulli noise that has any is then relaxed to the concrete distribution of Maddison et al.
    2017); in ``eval()`` mode each noise is its mean, the deterministic weight-scaling rule of
    Srivastava et al. (2014).

    Parameters
    ----------
    bound
        The model in expanded form, bound to the shapes of the data.
    mask_sharing
        ``"row"`` (default, as published) draws a noise for every row of a call; ``"shared"``
        draws one for the whole call, which makes it the evaluation of one random function.

    Raises
    ------
    ValueError
        A noise known by its density alone has a parameter that is learned or has a prior.
    """

    def __init__(
        self,
        bound: BoundModel,
        mask_sharing: Literal["row", "shared"] = "row",
    ) -> None:
        super().__init__()
        if mask_sharing not in ("row", "shared"):
            raise ValueError(unknown("mask_sharing", mask_sharing, ("row", "shared")))
        self.bound, self.model, self.mask_sharing = bound, bound.model, mask_sharing
        self._names: tuple[str, ...] = ()
        self._distributions: dict[Any, Any] = {}
        self.sites, self.noise_sites = bound.sites, bound.noises
        self._point_sites = tuple(s for s in self.sites if s.role != "scale")
        for site in self._point_sites:
            start = _start(site, self.model.likelihood)
            self._register(site.name, start, constraint(site.support, site.prior.bounds))
        for site in self.sites:
            for field, (name, learned) in site.learned.items():
                start = torch.tensor(learned.initial)
                self._register(name, start, constraint(site.prior.parameters[field]))

        for site in self.noise_sites:
            if site.parameters and site.support != "boolean" and not self._prior(site).has_rsample:
                raise ValueError(
                    f"{site.name} is {site.prior}, known by its density alone: its draws have no "
                    "gradient in a free parameter. Use bd.SVI, or give the parameter as a number"
                )

    def _register(self, name: str, start: torch.Tensor, support: Any) -> None:
        self.register_parameter(name, torch.nn.Parameter(start))
        if support is not constraints.real:
            parametrize.register_parametrization(self, name, _Constrained(support))
        self._names += (name,)

    def values(self) -> dict[str, torch.Tensor]:
        """Name → current value of every parameter: weights, biases, the likelihood's, noise's."""
        return {name: getattr(self, name) for name in self._names}

    def noise_parameters(self) -> dict[str, float]:
        """Name → current value of every noise parameter that is learned or has a prior."""
        names = {name for site in self.sites for _, name in site.parameters}
        return {name: getattr(self, name).item() for name in self._names if name in names}

    def draw_noise(self, rows: int) -> dict[str, torch.Tensor]:
        """Fresh noise: scale name → (rows, *shape), or (1, *shape) for shared masks."""
        rows = rows if self.mask_sharing == "row" else 1
        return {s.name: self._draw(s, (rows, *s.shape)) for s in self.noise_sites}

    def _draw(self, site: Site, shape: tuple[int, ...]) -> torch.Tensor:
        prior = self._prior(site)
        if not site.parameters:
            return prior.sample(shape)
        if site.support == "boolean":
            prior = RelaxedBernoulli(prior.probs.new_tensor(TEMPERATURE), probs=prior.probs)
        return prior.rsample(shape)

    def _prior(self, site: Site) -> Any:
        like = next(self.parameters()).detach()
        if site.parameters:
            return distribution(site.bound_prior(self.values()), like)
        key = (site.prior, like.dtype, like.device)
        if key not in self._distributions:
            self._distributions[key] = distribution(site.prior, like)
        return self._distributions[key]

    def mean_noise(self) -> dict[str, torch.Tensor]:
        """The mean of every noise: scale name → (1, *shape).

        Raises
        ------
        ValueError
            A noise has no finite mean.
        """
        like, parameters = next(self.parameters()), self.noise_parameters()
        means = {site: site.bound_prior(parameters).mean for site in self.noise_sites}
        for site, mean in means.items():
            if not math.isfinite(mean):
                raise ValueError(
                    f"{site.name} is {site.prior}, which has no mean for eval() to use: "
                    "call the module in train() mode, or with noise=..."
                )
        return {site.name: like.new_full((1, *site.shape), mean) for site, mean in means.items()}

    def forward(
        self, X: torch.Tensor, noise: Mapping[str, torch.Tensor] | None = None
    ) -> torch.Tensor:
        """The network's output (rows, outputs) for ``X`` (rows, features).

        ``noise`` (as from :meth:`draw_noise`) fixes the draw; without it the mode decides.
        """
        if noise is None:
            noise = self.draw_noise(len(X)) if self.training else self.mean_noise()
        return self.bound.output(self.values(), X, noise)

    def likelihood_parameters(
        self, X: torch.Tensor, noise: Mapping[str, torch.Tensor] | None = None
    ) -> Parameters:
        """The likelihood's parameters, each (rows, outputs, ...), from one pass."""
        return self.model.likelihood.parameters(self(X, noise), self.values())

    def log_likelihood(
        self, X: torch.Tensor, y: torch.Tensor, noise: Mapping[str, torch.Tensor] | None = None
    ) -> torch.Tensor:
        """log p(y | X, one pass), summed over outputs, times the rows' weights: (rows,).

        ``noise`` with leading axes, K draws of :meth:`draw_noise` stacked, gives (K, rows).
        """
        columns = y.reshape(len(X), self.bound.n_columns)
        parameters, target, weight = self.bound.observed(
            self.likelihood_parameters(X, noise), columns
        )
        found = self.model.likelihood.family.log_prob(parameters, target).sum(-1)
        return found if weight is None else found * weight

    def log_prior(
        self, roles: tuple[Role, ...] = ("weight", "bias", "likelihood", "parameter")
    ) -> torch.Tensor:
        """Log prior density of the sites of those roles; noise is not scored."""
        values = self.values()
        chosen = [site for site in self._point_sites if site.role in roles]
        terms = [
            (self._prior(s).log_prob if s.parameters else s.prior.log_density)(values[s.name]).sum()
            for s in chosen
        ]
        return torch.stack(terms).sum() if terms else next(self.parameters()).new_zeros(())

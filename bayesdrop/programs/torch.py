"""A model as a PyTorch module: point weights, and the noise drawn on its units in every pass."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal

import torch
from torch.nn.utils import parametrize

from bayesdrop.forward import network_output
from bayesdrop.likelihood.base import Parameters
from bayesdrop.model import Model, Role, sites
from bayesdrop.noise import Noise
from bayesdrop.programs.pyro_noise import distribution
from bayesdrop.spec import unknown


class _Positive(torch.nn.Module):
    def forward(self, raw: torch.Tensor) -> torch.Tensor:
        return raw.exp()

    def right_inverse(self, value: torch.Tensor) -> torch.Tensor:
        return value.log()


class NoisyNetwork(torch.nn.Module):
    """The expanded form with one parameter per weight, bias and likelihood site, under its name.

    A positive one, such as ``noise_scale``, is stored as its logarithm (a PyTorch parametrization).
    Weights start as draws from their base prior, biases at 0, the noise scale at 1. In
    ``train()`` mode every call draws the noise afresh; in ``eval()`` mode each noise is its mean,
    the deterministic weight-scaling rule of Srivastava et al. (2014).

    Parameters
    ----------
    masks
        ``"row"`` (default, as published) draws a noise for every row of a call; ``"shared"``
        draws one for the whole call, which makes it the evaluation of one random function.
    """

    def __init__(
        self,
        model: Model,
        n_features: int,
        n_outputs: int = 1,
        masks: Literal["row", "shared"] = "row",
    ) -> None:
        super().__init__()
        if masks not in ("row", "shared"):
            raise ValueError(unknown("masks", masks, ("row", "shared")))
        self.model, self.masks = model, masks
        self._n_outputs = n_outputs
        self._network_outputs = model.likelihood.network_outputs(n_outputs)
        self._distributions: dict[Any, Any] = {}
        self.sites = sites(model, n_features, n_outputs, "expanded")
        self.noise_sites = tuple(s for s in self.sites if s.role == "scale")
        self._point_sites = tuple(s for s in self.sites if s.role != "scale")
        for site in self._point_sites:
            value = torch.ones(site.shape)
            if site.role != "likelihood":
                value = torch.randn(site.shape) * site.prior.scale * (site.role == "weight")  # type: ignore[attr-defined]
            self.register_parameter(site.name, torch.nn.Parameter(value))
            if site.support == "positive":
                parametrize.register_parametrization(self, site.name, _Positive())

    def values(self) -> dict[str, torch.Tensor]:
        """Site name → current value of every weight, bias and likelihood parameter."""
        return {site.name: getattr(self, site.name) for site in self._point_sites}

    def draw_noise(self, rows: int) -> dict[str, torch.Tensor]:
        """Fresh noise: scale name → (rows, *shape), or (1, *shape) for shared masks."""
        rows = rows if self.masks == "row" else 1
        with torch.no_grad():
            return {
                site.name: self._distribution(site.prior).sample((rows, *site.shape))
                for site in self.noise_sites
            }

    def _distribution(self, noise: Noise) -> Any:
        like = next(self.parameters())
        key = (noise, like.dtype, like.device)
        if key not in self._distributions:
            self._distributions[key] = distribution(noise, like.detach())
        return self._distributions[key]

    def mean_noise(self) -> dict[str, torch.Tensor]:
        """The mean of every noise: scale name → (1, *shape).

        Raises
        ------
        ValueError
            A noise has no finite mean.
        """
        like = next(self.parameters())
        for site in self.noise_sites:
            if not math.isfinite(site.prior.mean):
                raise ValueError(
                    f"{site.name} is {site.prior}, which has no mean for eval() to use: "
                    "call the module in train() mode, or with noise=..."
                )
        return {s.name: like.new_full((1, *s.shape), s.prior.mean) for s in self.noise_sites}

    def forward(
        self, X: torch.Tensor, noise: Mapping[str, torch.Tensor] | None = None
    ) -> torch.Tensor:
        """The network's output (rows, outputs) for ``X`` (rows, features).

        ``noise`` (as from :meth:`draw_noise`) fixes the draw; without it the mode decides.
        """
        if noise is None:
            noise = self.draw_noise(len(X)) if self.training else self.mean_noise()
        return network_output(self.model, self.sites, self.values(), X, noise)

    def likelihood_parameters(
        self, X: torch.Tensor, noise: Mapping[str, torch.Tensor] | None = None
    ) -> Parameters:
        """The likelihood's parameters, each (rows, outputs), from one pass."""
        return self.model.likelihood.parameters(self(X, noise), self.values())

    def log_likelihood(self, X: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        """log p(y | X, one pass), summed over outputs: (rows,)."""
        parameters = self.likelihood_parameters(X)
        return self.model.likelihood.log_prob(parameters, y.reshape(len(X), self._n_outputs)).sum(
            -1
        )

    def log_prior(self, roles: tuple[Role, ...] = ("weight", "bias", "likelihood")) -> torch.Tensor:
        """Log prior density of the sites of those roles; noise is not scored."""
        values = self.values()
        chosen = [site for site in self._point_sites if site.role in roles]
        terms = [site.prior.log_density(values[site.name]).sum() for site in chosen]
        return torch.stack(terms).sum() if terms else next(self.parameters()).new_zeros(())

    def precision(self) -> torch.Tensor:
        """τ = 1/scale², averaged over outputs, of a likelihood with a scale: a scalar."""
        like = next(self.parameters())
        output = like.new_zeros((1, self._network_outputs))
        return self.model.likelihood.parameters(output, self.values())["scale"].pow(-2).mean()

    def fix(self, name: str, value: float) -> None:
        """Set every element of parameter ``name`` to ``value`` and keep it from training."""
        setattr(self, name, torch.full_like(self.values()[name], value))
        for parameter_name, parameter in self.named_parameters():
            if name in parameter_name.split("."):
                parameter.requires_grad_(False)

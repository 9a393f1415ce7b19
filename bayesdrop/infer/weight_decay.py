"""How weight decay, noise precision and the prior determine each other in MC dropout.

MAP of the expanded model has r_l = 1/(2 N τ σ₀²); Gal & Ghahramani's (2016) KL term carries the
keep probability too, r_l = π/(2 N τ σ₀²), so that τ = π ℓ²/(2 N r) with ℓ = 1/σ₀ (their eq. 7).
For a noise that is not Bernoulli π is E λ², which is what their KL term has in its place.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from bayesdrop.model import Model, sites

if TYPE_CHECKING:
    import torch

    from bayesdrop.programs.torch import NoisyNetwork


def second_moments(model: Model) -> dict[int, float]:
    """Layer → π, the product of E λ² over the noises of its weights."""
    table = sites(model, 1)
    noise = {site.name: site.prior.second_moment for site in table if site.role == "scale"}
    return {
        site.layer: math.prod(noise[name] for name, _ in site.multiplied_by)
        for site in table
        if site.role == "weight" and site.layer is not None
    }


def tau_from_weight_decay(model: Model, rows: int, decay: float, length_scale: float) -> float:
    """τ = π ℓ² / (2 N r)."""
    return second_moments(model)[0] * length_scale**2 / (2 * rows * decay)


def penalty(
    module: NoisyNetwork,
    rows: int,
    weight_decay: float | str,
    length_scale: float | None,
) -> Callable[[], torch.Tensor]:
    """The function τ Σ_l r_l ‖W_l‖² plus −1/N log prior of a learned noise scale.

    ``"map"`` is −1/N times the whole log prior, which is the same thing with the biases.
    """
    if weight_decay == "map":
        return lambda: -module.log_prior() / rows

    moments = second_moments(module.model)
    weights = [site for site in module.sites if site.role == "weight"]
    n_tau_r = {
        site.name: moments[site.layer or 0] * (length_scale or 1 / site.prior.scale) ** 2 / 2  # type: ignore[attr-defined]
        for site in weights
    }

    def decayed() -> torch.Tensor:
        values = module.values()
        tau = module.precision().detach()
        total = -module.log_prior(roles=("likelihood",)) / rows
        for site in weights:
            if isinstance(weight_decay, str):
                tau_r = n_tau_r[site.name] / rows
            else:
                tau_r = tau * weight_decay
            total = total + tau_r * values[site.name].square().sum()
        return total

    return decayed

"""How weight decay, noise precision and the prior determine each other in MC dropout.

MAP of the expanded model has r_l = 1/(2 N τ σ₀²); Gal & Ghahramani's (2016) KL term carries the
keep probability too, r_l = π/(2 N τ σ₀²), so that τ = π ℓ²/(2 N r) with ℓ = 1/σ₀ (their eq. 7).
For a noise that is not Bernoulli π is E λ², which is what their KL term has in its place.

The code of Gal's 2018 rerun (github.com/yaringal/DropoutUncertaintyExps) minimises, on the
standardised target, mean (y − ŷ)² + r′ Σ ‖W′_l‖² with r′ = ℓ² π/(2 N τ), where τ is the precision
in the target's own units and dropout multiplies by {0, 1/π}. That network is the one of noise
{0, 1} and weights W = W′/π; times τ_s/2, τ_s = τ s² being the precision of the target
standardised by s, its loss is ½ τ_s mean (y − ŷ)² + c Σ ‖W_l‖² with c = ½ τ_s π² r′ =
π³ ℓ² s²/(4 N): ``"gal_2018"``. The ½ that its squared error lacks and the two scales of τ make
it weaker or stronger than the KL term, by a factor of ½ π² s².
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from bayesdrop.data.training import TrainingData
from bayesdrop.infer.base import UnsupportedModelError
from bayesdrop.model import Model
from bayesdrop.sites import Site, Variable

if TYPE_CHECKING:
    import torch

    from bayesdrop.programs.torch import NoisyNetwork


def second_moments(model: Model, parameters: Mapping[str, Any] | None = None) -> dict[int, Any]:
    """Layer → π, the product of E λ² over the noises of its weights.

    ``parameters`` are those of the noise that are free, by name, numbers or tensors; by default
    their starting values.
    """

    def moment(noise: Variable) -> Any:
        if parameters is None:
            return noise.prior.start.second_moment
        own = {field: parameters[name] for field, name in noise.parameters}
        return noise.prior.bind(own).second_moment

    return {
        layer: math.prod(moment(noise) for noise in model.noises_of(layer))
        for layer in range(len(model.network.residual))
    }


def tau_from_weight_decay(model: Model, rows: int, decay: float, length_scale: float) -> float:
    """τ = π ℓ² / (2 N r)."""
    return second_moments(model)[0] * length_scale**2 / (2 * rows * decay)


def factors(
    model: Model,
    table: tuple[Site, ...],
    data: TrainingData,
    weight_decay: float | str,
    length_scale: float | None,
) -> dict[str, float]:
    """Site → the factor of its sum of squares in the loss; where r is a number, that over τ.

    The noise has numbers for parameters.
    """
    if weight_decay == "gal_2018" and data.n_outputs > 1:
        raise UnsupportedModelError(
            f'MCDropout(weight_decay="gal_2018") got {data.n_outputs} targets, and its decay is '
            'in the units of one: fit each by itself, or use weight_decay="gal"'
        )
    pi, rows = second_moments(model), data.rows
    found = {}
    for site in table:
        layer, scale = site.layer or 0, getattr(site.prior, "scale", 1.0)
        if weight_decay == "map" and site.role in ("weight", "bias"):
            found[site.name] = 1 / (2 * rows * scale**2)
        elif site.role == "weight" and weight_decay == "gal":
            found[site.name] = pi[layer] * (length_scale or 1 / scale) ** 2 / (2 * rows)
        elif site.role == "weight" and weight_decay == "gal_2018":
            assert length_scale is not None
            spread = float(data.scaling.y_scale[0])
            found[site.name] = pi[layer] ** 3 * (length_scale * spread) ** 2 / (4 * rows)
        elif site.role == "weight" and not isinstance(weight_decay, str):
            found[site.name] = weight_decay
    return found


def penalty(
    module: NoisyNetwork,
    data: TrainingData,
    weight_decay: float | str,
    length_scale: float | None,
) -> Callable[[], torch.Tensor]:
    """The function τ Σ_l r_l ‖W_l‖² plus −1/N log prior of a learned noise scale.

    ``"map"`` is −1/N times the whole log prior, which is the same thing with the biases.
    ``"gal"`` needs no τ, as τ r_l is then a property of the prior; a free keep probability π also
    has the entropy of its masks, −1/N Σ H(π): concrete dropout (Gal, Hron & Kendall 2017, eq. 3).
    """
    rows = data.rows
    if weight_decay == "map":
        return lambda: -module.log_prior() / rows

    weights = [site for site in module.sites if site.role == "weight"]
    free = [site for site in module.noise_sites if site.parameters]
    fixed = factors(module.model, module.sites, data, weight_decay, length_scale)

    def tau_r(site: Site, values: Mapping[str, torch.Tensor]) -> Any:
        if not isinstance(weight_decay, str):
            return module.precision().detach() * weight_decay
        if not free:
            return fixed[site.name]
        pi = second_moments(module.model, values)[site.layer or 0]
        return pi * (length_scale or 1 / site.prior.scale) ** 2 / (2 * rows)  # type: ignore[attr-defined]

    def decayed() -> torch.Tensor:
        values = module.values()
        total = -module.log_prior(roles=("likelihood", "parameter")) / rows
        for site in weights:
            total = total + tau_r(site, values) * values[site.name].square().sum()
        if isinstance(weight_decay, str):
            for site in free:
                masks = math.prod(site.shape)
                keep = site.bound_prior(values).keep  # type: ignore[attr-defined]
                total = total + masks / rows * (keep * keep.log() + (1 - keep) * (1 - keep).log())
        return total

    return decayed

"""How weight decay, noise precision and the prior determine each other in MC dropout.

MAP of the expanded model has r_l = 1/(2 N τ σ₀²); Gal & Ghahramani's (2016) KL term carries the
keep probability too, r_l = π/(2 N τ σ₀²), so that τ = π ℓ²/(2 N r) with ℓ = 1/σ₀ (their eq. 7).
For a noise that is not Bernoulli π is E λ², which is what their KL term has in its place. A keep
probability that is learned also has the entropy of its masks, −1/N Σ H(π): concrete dropout (Gal,
Hron & Kendall 2017, eq. 3).

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

from bayesdrop.bound import BoundModel
from bayesdrop.data.training import TrainingData
from bayesdrop.infer.base import UnsupportedModelError
from bayesdrop.model import Model
from bayesdrop.noise import Gaussian
from bayesdrop.sites import Site


def second_moments(model: Model, free: bool = True) -> dict[int, float]:
    """Layer → π, the product of E λ² over the noises of its weights.

    Free parameters have their starting values. With ``free=False`` a noise that has any is left
    out.
    """
    return {
        layer: math.prod(
            noise.prior.start.second_moment
            for noise in model.noises_of(layer)
            if free or not noise.parameters
        )
        for layer in range(len(model.network.residual))
    }


def tau_from_weight_decay(model: Model, rows: int, decay: float, length_scale: float) -> float:
    """τ = π ℓ² / (2 N r)."""
    return second_moments(model)[0] * length_scale**2 / (2 * rows * decay)


def factors(
    bound: BoundModel, data: TrainingData, weight_decay: float | str, length_scale: float | None
) -> dict[str, float]:
    """Site → the factor of its sum of squares in the loss; where r is a number, that over τ.

    Under ``"gal"`` the keep probabilities of :func:`free_keeps` multiply it.
    """
    if weight_decay == "gal_2018" and data.n_outputs > 1:
        raise UnsupportedModelError(
            f'MCDropout(weight_decay="gal_2018") got {data.n_outputs} targets, and its decay is '
            'in the units of one: fit each by itself, or use weight_decay="gal"'
        )
    pi, rows = second_moments(bound.model, free=False), data.rows
    found = {}
    for site in _normal(bound):
        layer, scale = site.layer or 0, _scale(site)
        if weight_decay == "map":
            found[site.name] = 1 / (2 * rows * scale**2)
        elif site.role != "weight":
            continue
        elif weight_decay == "gal":
            found[site.name] = pi[layer] * (length_scale or 1 / scale) ** 2 / (2 * rows)
        elif weight_decay == "gal_2018":
            assert length_scale is not None
            spread = float(data.scaling.y_scale[0])
            found[site.name] = pi[layer] ** 3 * (length_scale * spread) ** 2 / (4 * rows)
        else:
            found[site.name] = float(weight_decay)
    return found


def constant_of(bound: BoundModel, data: TrainingData, weight_decay: float | str) -> float:
    """What ``"map"`` has beside squares: the logarithms of the normal densities' constants."""
    if weight_decay != "map":
        return 0.0
    logs = [math.prod(x.shape) * math.log(_scale(x) * math.tau**0.5) for x in _normal(bound)]
    return sum(logs) / data.rows


def free_keeps(bound: BoundModel) -> dict[str, list[str]]:
    """Weight site → the names of the free keep probabilities of its noises."""
    return {
        site.name: [n for noise in bound.model.noises_of(site.layer) for _, n in noise.parameters]
        for site in bound.sites
        if site.role == "weight" and site.layer is not None
    }


def entropies(bound: BoundModel, data: TrainingData) -> dict[str, float]:
    """Free keep probability π → the factor of π log π + (1 − π) log(1 − π) in the loss."""
    return {
        name: math.prod(site.shape) / data.rows
        for site in bound.noises
        for _, name in site.parameters
    }


def _normal(bound: BoundModel) -> list[Site]:
    """The weights and biases."""
    return [site for site in bound.sites if site.role in ("weight", "bias")]


def _scale(site: Site) -> float:
    """σ₀ of a weight or bias."""
    assert isinstance(site.prior, Gaussian)
    return float(site.prior.scale)

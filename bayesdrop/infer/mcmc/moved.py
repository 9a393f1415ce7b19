"""Which fits later changes altered: their revision is above the others'.

One change is of a sampler's coordinates. A trained start takes steps as wide as the prior of what
it moves, also where that is a partly centred weight. In the marginal form a weight is moved
relative to the scale that stays.

Another is of the marginal form alone. The scales that are drawn after the fit have random numbers
of their own since then.
"""

from __future__ import annotations

from bayesdrop.infer.engine.widths import weight_width
from bayesdrop.model import Model
from bayesdrop.prior import Sharing
from bayesdrop.sites import MARGINAL, Form

_OF_A_WEIGHT: tuple[Sharing, ...] = ("unit", "layer", "weight", "group")
_OF_A_BIAS: tuple[Sharing, ...] = ("layer", "bias")


def later_changes(model: Model, form: Form, centring: float | None, trained: bool = True) -> int:
    """Count the changes that altered fits of ``model`` by a sampler with these settings."""
    return moves_otherwise(model, form, centring, trained) + (form in MARGINAL)


def moves_otherwise(model: Model, form: Form, centring: float | None, trained: bool = True) -> bool:
    """Say whether the change of coordinates altered such fits.

    ``trained`` is true if chains start at trained points. For data of some shapes nothing changed
    although it is true: a row of weights then has a scale to itself, or not.
    """
    if centring is None:
        return False
    weight, bias = _most_scales(model, _OF_A_WEIGHT), _most_scales(model, _OF_A_BIAS)
    if form in MARGINAL:
        return max(weight, bias) > 1
    wide_weight, wide_bias = weight_width(model) > 1, model.prior.bias_scale > 1
    return trained and bool((weight and wide_weight) or (bias and wide_bias))


def _most_scales(model: Model, sharings: tuple[Sharing, ...]) -> int:
    """The largest number of noises with these ``sharings`` at a layer."""
    layers = [noise.layer for noise in model.noises if noise.sharing in sharings]
    return max((layers.count(layer) for layer in layers), default=0)

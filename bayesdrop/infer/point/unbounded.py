"""Which scales make the density of a marginal form infinite where their weights are 0.

As λ → 0 a noise's density is that of a power, λ^(s−1). Weights that share it, D of them, have the
density ∫ p(λ) N(w; 0, λ² I) dλ, which is finite at w = 0 if E λ^−D is: for s > D. Where λ stays a
variable beside its weights, p(λ) N(w; 0, λ² I) is bounded for s ≥ D + 1.
"""

from __future__ import annotations

import math

import numpy as np

from bayesdrop.bound import BoundModel
from bayesdrop.model import Model
from bayesdrop.noise import Noise
from bayesdrop.sites import group_sizes

_USE = (
    "so the mode is there whatever the data. Use bd.NUTS or bd.SVI, or a noise that stays away "
    "from 0, such as bd.noise.InverseNakagami"
)


def unbounded_for_one(model: Model) -> str | None:
    """The noise with which a single weight of its own has an infinite density, in words."""
    for noise in model.noises:
        if power_at_zero(noise.prior.start) <= 1:
            return (
                f"{noise.name} is {noise.prior}, and with it integrated out the density of a "
                f"weight is infinite at 0, {_USE}"
            )
    return None


def unbounded(bound: BoundModel) -> str | None:
    """The noise that too many weights of the marginal form share, in words."""
    shapes = {site.name: site.shape for site in bound.sites}
    for scale in bound.integrated:
        count = int(np.max(group_sizes(scale, shapes)))
        if power_at_zero(scale.prior.start) <= count:
            return (
                f"{scale.name} is {scale.prior}, and with it integrated out the density of the "
                f"{count} weights that share it is infinite where they are 0, {_USE}"
            )
    for scale in bound.noises:
        count = int(np.max(group_sizes(scale, shapes)))
        if power_at_zero(scale.prior.start) < count + 1:
            return (
                f"{scale.name} is {scale.prior}, and the density of it and of the {count} weights "
                f"it scales grows without bound as they go to 0 together, {_USE}"
            )
    return None


def power_at_zero(noise: Noise) -> float:
    """s of p(λ) ~ |λ|^(s−1) at 0; ``inf`` where p vanishes faster, or λ stays away from 0."""
    found = math.inf
    for piece in noise.pieces():
        u = piece.low + np.array([0.0, 2.0, 100.0, 102.0])
        with np.errstate(all="ignore"):
            slope, another = np.diff(piece.log_weight(u))[[0, 2]] / 2
            reaches_zero = np.diff(piece.log_scale(u))[0] > 1
        if reaches_zero and abs(slope - another) < 1e-6:
            found = min(found, float(slope))
    return found

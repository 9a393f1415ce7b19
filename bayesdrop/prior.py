"""The prior's structure: which weights share which noise variable."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from bayesdrop.field_checks import checked_number
from bayesdrop.groups import Groups
from bayesdrop.noise import Noise
from bayesdrop.spec import Spec, added

PLACES = ("first", "hidden", "last")
Sharing = Literal["unit", "layer", "weight", "group", "bias"]
"""What shares one noise variable."""
STRUCTURES: dict[Sharing, str] = {
    "unit": "ARD",
    "layer": "ADD",
    "weight": "DropConnect",
    "group": "groups",
    "bias": "bias noise",
}
"""What a noise is shared by → the usual name of that structure."""


@dataclass(frozen=True)
class PerLayer(Spec, kind="prior"):
    """The first, the hidden and the last weight matrix have different noises, or none.

    The hidden matrices are all between the first and the last. A network with a single matrix
    uses ``first``.

    Parameters
    ----------
    first, hidden, last
        The noise there, or for ``ScaleMixture(group=...)`` the :class:`Groups`; ``None`` (default)
        for none.

    Raises
    ------
    TypeError
        One of them is neither a noise from ``bd.noise`` nor groups.
    """

    first: Noise | Groups | None = None
    hidden: Noise | Groups | None = None
    last: Noise | Groups | None = None

    def __post_init__(self) -> None:
        for field in PLACES:
            _check_noise(self, field, Groups)

    @property
    def places(self) -> tuple[str, ...]:
        """List the places, of first, hidden and last, that have a noise."""
        noises = zip(PLACES, (self.first, self.hidden, self.last), strict=True)
        return tuple(place for place, noise in noises if noise is not None)

    def at(self, layer: int, n_layers: int) -> Noise | Groups | None:
        """Return the noise, or the groups, of weight matrix ``layer`` of ``n_layers``."""
        if layer == 0:
            return self.first
        return self.last if layer == n_layers - 1 else self.hidden


@dataclass(frozen=True)
class ScaleMixture(Spec, kind="prior"):
    """The prior is a Gaussian scale mixture: ``w_ij = λ z_ij`` with ``z_ij ~ N(0, base_scale²)``.

    λ is the product of the noises ``unit``, ``layer``, ``weight`` and ``group``; each noise is
    ``None`` (absent), one used for every weight matrix, or a :class:`PerLayer`.

    Parameters
    ----------
    unit
        One λ per row of the matrix, that is per unit it leaves: automatic relevance
        determination, ARD (MacKay 1994; Neal 1995).
    layer
        One τ per residual block: automatic depth determination, ADD (Nalisnick et al. 2019). It
        multiplies the block's bias too, so that τ → 0 leaves the identity.
    weight
        One λ per weight: DropConnect (Wan et al. 2013); no structure.
    base_scale
        σ₀: a positive number, or ``"fan_in"`` (the default) for 1/√fan_in.
    bias_scale
        Standard deviation of the biases' Gaussian prior. Default 1.
    bias
        One λ per bias, that is per unit that a layer leads to: ``b_j = λ_j z_j``. Dropout that
        treats a layer's biases as one more row of its matrix, of a unit that is always 1, would
        share one variable over them and drop all at once; a variable for each drops them one by
        one, as the weights into different units are. Default ``None``.
    group
        :class:`Groups` of a user's own, one λ for each: of features, say. Default ``None``.

    Raises
    ------
    TypeError
        A noise is not one, nor a :class:`PerLayer` of them; ``group`` holds no :class:`Groups`.
    ValueError
        ``base_scale`` or ``bias_scale`` is not a positive number.
    """

    unit: Noise | PerLayer | None = None
    layer: Noise | PerLayer | None = None
    weight: Noise | PerLayer | None = None
    base_scale: float | Literal["fan_in"] = "fan_in"
    bias_scale: float = 1.0
    bias: Noise | PerLayer | None = added(None)
    group: Groups | PerLayer | None = added(None)

    def __post_init__(self) -> None:
        for field in ("unit", "layer", "weight", "bias"):
            _check_noise(self, field, PerLayer)
        _check_groups(self.group)
        if isinstance(self.base_scale, str):
            if self.base_scale != "fan_in":
                raise ValueError(
                    f"ScaleMixture(base_scale={self.base_scale!r}): "
                    "base_scale must be a positive number or 'fan_in'"
                )
        else:
            checked_number(self, "base_scale", above=0)
        checked_number(self, "bias_scale", above=0)

    @property
    def structure(self) -> str:
        """Say which weights share a noise variable, by its usual name.

        It is ``"none"``, ``"ARD"``, ``"ADD"``, ``"DropConnect"``, or those of a mixture joined by
        hyphens, as in ``"ARD-ADD"``. Where a :class:`PerLayer` leaves some matrices out, it names
        the others, as in ``"ARD (first, last) + ADD"``.
        """
        parts = []
        for sharing, name in STRUCTURES.items():
            chosen = self.noises[sharing]
            where = chosen.places if isinstance(chosen, PerLayer) else PLACES
            only_place = sharing == "layer" and where == ("hidden",)
            if chosen is None or not where:
                continue
            parts.append(name if where == PLACES or only_place else f"{name} ({', '.join(where)})")
        partial = any("(" in part for part in parts)
        return (" + " if partial else "-").join(parts) or "none"

    @property
    def noises(self) -> dict[Sharing, Noise | Groups | PerLayer | None]:
        """Map what shares a noise to the noise, as it was given."""
        return {
            "unit": self.unit,
            "layer": self.layer,
            "weight": self.weight,
            "group": self.group,
            "bias": self.bias,
        }

    def noise(self, sharing: Sharing, layer: int, n_layers: int) -> Noise | None:
        """Return the noise of that ``sharing`` in weight matrix ``layer`` of ``n_layers``."""
        chosen = self._chosen(sharing, layer, n_layers)
        return chosen.noise if isinstance(chosen, Groups) else chosen

    def groups(self, layer: int, n_layers: int) -> Groups | None:
        """Return the groups of weight matrix ``layer`` of ``n_layers``."""
        chosen = self._chosen("group", layer, n_layers)
        return chosen if isinstance(chosen, Groups) else None

    def _chosen(self, sharing: Sharing, layer: int, n_layers: int) -> Noise | Groups | None:
        chosen = self.noises[sharing]
        return chosen.at(layer, n_layers) if isinstance(chosen, PerLayer) else chosen

    def weight_scale(self, fan_in: int) -> float:
        """Return σ₀ of a weight matrix with ``fan_in`` rows."""
        return 1 / math.sqrt(fan_in) if isinstance(self.base_scale, str) else self.base_scale


def ARD(noise: Noise | PerLayer) -> ScaleMixture:
    """Return the prior of automatic relevance determination: one noise variable per unit."""
    return ScaleMixture(unit=noise)


def ADD(noise: Noise | PerLayer) -> ScaleMixture:
    """Return the prior of automatic depth determination: one noise variable per residual block."""
    return ScaleMixture(layer=noise)


def ARDADD(unit_noise: Noise | PerLayer, layer_noise: Noise | PerLayer) -> ScaleMixture:
    """Return the prior of ARD and ADD together: the weights' variance is λ_i² τ_l² σ₀²."""
    return ScaleMixture(unit=unit_noise, layer=layer_noise)


def DropConnect(noise: Noise | PerLayer) -> ScaleMixture:
    """Return the prior with one noise variable per weight, as in DropConnect."""
    return ScaleMixture(weight=noise)


def _check_groups(chosen: object) -> None:
    """Refuse a ``group`` that is no :class:`Groups`."""
    places = (chosen.first, chosen.hidden, chosen.last) if isinstance(chosen, PerLayer) else ()
    for value in places or (chosen,):
        if value is not None and not isinstance(value, Groups):
            raise TypeError(
                f"ScaleMixture(group={chosen!r}): group says who shares a noise, so it must be "
                "bd.Groups(noise, index), a PerLayer of them or None"
            )


def _check_noise(owner: Spec, field: str, *others: type) -> None:
    value = getattr(owner, field)
    if isinstance(value, PerLayer) and any(
        isinstance(place, Groups) for place in (value.first, value.hidden, value.last)
    ):
        raise TypeError(f"{type(owner).__name__}({field}={value!r}): give bd.Groups as group=")
    if value is not None and not isinstance(value, (Noise, *others)):
        allowed = " or ".join(["a noise from bd.noise", "None", *(o.__name__ for o in others)])
        raise TypeError(f"{type(owner).__name__}({field}={value!r}): {field} must be {allowed}")

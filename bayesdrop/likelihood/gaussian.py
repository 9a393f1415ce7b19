"""The Gaussian likelihood with one noise scale per output."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from bayesdrop.family import Family, Normal, Parameters
from bayesdrop.likelihood.base import Likelihood, checked_positive, spread
from bayesdrop.noise import HalfNormal, Noise


@dataclass(frozen=True)
class Gaussian(Likelihood):
    """The noise is normal: ``y ~ N(f(x), scale²)``, independently per output.

    A standard deviation that is known for each row is given as its weight: see ``sample_weight`` of
    :func:`bayesdrop.fit`.

    Parameters
    ----------
    scale
        Noise standard deviation of the standardised target: a positive number, or the prior of a
        learned one (one per output), a positive distribution from ``bd.noise``. Default
        ``HalfNormal(1.0)``.
    """

    scale: float | Noise = field(default_factory=HalfNormal)
    family: ClassVar[Family] = Normal()
    standardises_target: ClassVar[bool] = True

    def __post_init__(self) -> None:
        checked_positive(self, "scale", "HalfNormal(1.0)")

    @property
    def priors(self) -> dict[str, Noise]:
        return {"noise_scale": self.scale} if isinstance(self.scale, Noise) else {}

    def parameters(self, output: Any, values: Mapping[str, Any]) -> Parameters:
        return {"loc": output, "scale": spread(self.scale, "noise_scale", values, output)}

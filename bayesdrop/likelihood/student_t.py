"""The Student-t likelihood: regression that outliers move little."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from bayesdrop.family import Family, Parameters
from bayesdrop.family import StudentT as StudentTFamily
from bayesdrop.likelihood.base import Likelihood, checked_positive, spread
from bayesdrop.noise import HalfNormal, Noise


@dataclass(frozen=True)
class StudentT(Likelihood):
    """The noise is Student-t: ``(y − f(x)) / scale ~ t(df)``, independently per output.

    This is the model of Lange, Little & Taylor (1989).

    Parameters
    ----------
    df
        Degrees of freedom: a positive number, or the prior of a learned one (one per output), a
        positive distribution from ``bd.noise``. Default 4. The variance is finite above 2.
    scale
        The scale in the standardised target's units, see :class:`~bayesdrop.Gaussian`. Default
        ``HalfNormal(1.0)``.
    """

    df: float | Noise = 4.0
    scale: float | Noise = field(default_factory=HalfNormal)
    family: ClassVar[Family] = StudentTFamily()
    standardises_target: ClassVar[bool] = True
    start: ClassVar[Mapping[str, float]] = {"df": 4.0}

    def __post_init__(self) -> None:
        checked_positive(self, "df", "HalfNormal(10.0)")
        checked_positive(self, "scale", "HalfNormal(1.0)")

    @property
    def priors(self) -> dict[str, Noise]:
        given = {"df": self.df, "noise_scale": self.scale}
        return {name: prior for name, prior in given.items() if isinstance(prior, Noise)}

    def parameters(self, output: Any, values: Mapping[str, Any]) -> Parameters:
        return {
            "df": spread(self.df, "df", values, output),
            "loc": output,
            "scale": spread(self.scale, "noise_scale", values, output),
        }

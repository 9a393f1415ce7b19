"""The negative binomial likelihood: counts that vary more than Poisson's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from bayesdrop.family import Family, Parameters
from bayesdrop.family import NegativeBinomial as NegativeBinomialFamily
from bayesdrop.likelihood.base import Likelihood, checked_positive, exponential, spread
from bayesdrop.likelihood.counts import check_counts
from bayesdrop.noise import HalfNormal, Noise


@dataclass(frozen=True)
class NegativeBinomial(Likelihood):
    """Counts have mean μ = exp(f(x)) and variance μ + dispersion · μ², independently per output.

    This is the NB2 model (Cameron & Trivedi, 2013, "Regression Analysis of Count Data", §3.3.1);
    1/dispersion is what Stan and NumPyro call ``phi`` and ``concentration``. f is kept within ±40,
    and counts may be up to 10,000, as of :class:`~bayesdrop.Poisson`. The mean is that of one unit
    of exposure: ``bd.fit(..., exposure=e)`` has e · exp(f(x)).

    Parameters
    ----------
    dispersion
        A positive number, or the prior of a learned one (one per output), a positive distribution
        from ``bd.noise``. Default ``HalfNormal(1.0)``, whose mode, 0, is Poisson.
    """

    dispersion: float | Noise = field(default_factory=HalfNormal)
    family: ClassVar[Family] = NegativeBinomialFamily()
    standardises_target: ClassVar[bool] = False

    def __post_init__(self) -> None:
        checked_positive(self, "dispersion", "HalfNormal(1.0)")

    @property
    def priors(self) -> dict[str, Noise]:
        return {"dispersion": self.dispersion} if isinstance(self.dispersion, Noise) else {}

    def parameters(self, output: Any, values: Mapping[str, Any]) -> Parameters:
        dispersion = spread(self.dispersion, "dispersion", values, output)
        return {"mean": exponential(output), "dispersion": dispersion}

    def exposed(self, parameters: Parameters, exposure: Any) -> Parameters:
        return {**parameters, "mean": parameters["mean"] * exposure}

    def check_target(self, y: NDArray[np.float64]) -> None:
        check_counts(y, "bd.NegativeBinomial()")

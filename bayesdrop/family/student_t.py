"""Student's t distribution."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from array_api_compat import array_namespace
from numpy.typing import NDArray

from bayesdrop.arrays import gammaln
from bayesdrop.family import student_t_mixture
from bayesdrop.family.base import Array, Family, Kind, Parameters


class StudentT(Family):
    """The target is Student-t: ``(y − loc) / scale ~ t`` with ``df`` degrees of freedom.

    The mean is the centre ``loc``, also for df ≤ 1, where the expectation does not exist; the
    variance is infinite for df ≤ 2.
    """

    kind: ClassVar[Kind] = "continuous"

    def log_prob(self, parameters: Parameters, y: Any) -> Any:
        df, loc, scale = (parameters[name] for name in ("df", "loc", "scale"))
        xp = array_namespace(loc)
        constant = gammaln((df + 1) / 2) - gammaln(df / 2) - 0.5 * xp.log(df * math.pi)
        z = (y - loc) / scale
        return constant - xp.log(scale) - (df + 1) / 2 * xp.log1p(z * z / df)

    def cdf(self, parameters: Parameters, y: NDArray) -> NDArray:
        from scipy.special import stdtr

        return stdtr(parameters["df"], (y - parameters["loc"]) / parameters["scale"])

    def fisher_information(self, parameters: Parameters) -> Mapping[str, Any]:
        """Return that of Lange, Little & Taylor (1989), where ``df`` counts as known."""
        df, precision = parameters["df"], parameters["scale"] ** -2
        return {
            "loc": (df + 1) / (df + 3) * precision,
            "scale": 2 * df / (df + 3) * precision,
        }

    def mean(self, parameters: Parameters) -> NDArray[np.floating]:
        return parameters["loc"]

    def variance(self, parameters: Parameters) -> Array:
        df, scale = (np.asarray(parameters[name], dtype=np.float64) for name in ("df", "scale"))
        finite = df > 2
        return np.where(finite, scale**2 * df / np.where(finite, df - 2, 1.0), np.inf)

    def sample(self, parameters: Parameters, rng: np.random.Generator) -> Array:
        z = rng.standard_t(parameters["df"], size=parameters["loc"].shape)
        return parameters["loc"] + parameters["scale"] * z

    def mixture_log_prob(self, parameters: Parameters, y: NDArray) -> Array:
        return student_t_mixture.log_prob(parameters, y)

    def mixture_quantile(self, parameters: Parameters, q: NDArray) -> Array:
        return student_t_mixture.quantile(parameters, q)

    def mixture_crps(self, parameters: Parameters, y: NDArray) -> Array:
        return student_t_mixture.crps(parameters, y)

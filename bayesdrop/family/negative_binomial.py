"""The negative binomial distribution, by its mean and its dispersion (NB2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from array_api_compat import array_namespace
from numpy.typing import NDArray

from bayesdrop.arrays import gammaln
from bayesdrop.family import negative_binomial_sums as sums
from bayesdrop.family.base import Array, Family, Kind, Parameters
from bayesdrop.family.blocks import checked_levels, row_blocks

_LARGE = 10.0  # from here Stirling's series has all digits of float64
_LARGEST_RATE = 1e18  # that NumPy draws counts of


class NegativeBinomial(Family):
    """A count is k with probability ``Γ(k + r) / (Γ(r) k!) · p^r (1 − p)^k``.

    Here r = 1/dispersion and p = r/(r + mean), so that the variance is mean + dispersion · mean². A
    count is Poisson with a rate that is gamma distributed about the mean, and as the dispersion
    goes to 0 it is Poisson (Cameron & Trivedi, 2013, "Regression Analysis of Count Data", §3.3.1,
    their NB2).
    """

    kind: ClassVar[Kind] = "count"

    def log_prob(self, parameters: Parameters, y: Any) -> Any:
        mean, dispersion = parameters["mean"], parameters["dispersion"]
        xp = array_namespace(mean)
        product = _log_rising(y, 1 / dispersion)
        spread = (y + 1 / dispersion) * xp.log1p(dispersion * mean)
        return product - spread + y * xp.log(mean) - gammaln(y + 1.0)

    def cdf(self, parameters: Parameters, y: NDArray) -> Array:
        from scipy.special import betaincc

        mean, dispersion = (np.asarray(parameters[n], np.float64) for n in ("mean", "dispersion"))
        k, odds = np.floor(y), dispersion * mean
        # 1 − p, which keeps its digits where the dispersion is small
        found = betaincc(np.maximum(k, 0.0) + 1, 1 / dispersion, odds / (1 + odds))
        return np.where(k < 0, 0.0, found)

    def fisher_information(self, parameters: Parameters) -> Mapping[str, Any]:
        return {"mean": 1 / self.variance(parameters)}

    def location(self, parameters: Parameters) -> NDArray[np.floating]:
        return np.log(parameters["mean"])

    def mean(self, parameters: Parameters) -> NDArray[np.floating]:
        return parameters["mean"]

    def variance(self, parameters: Parameters) -> NDArray[np.floating]:
        mean = parameters["mean"]
        return mean + parameters["dispersion"] * mean**2

    def sample(self, parameters: Parameters, rng: np.random.Generator) -> NDArray[np.int64]:
        mean, dispersion = (np.asarray(parameters[n], np.float64) for n in ("mean", "dispersion"))
        rate = rng.gamma(1 / dispersion, dispersion * mean)
        return rng.poisson(np.minimum(rate, _LARGEST_RATE))

    def mixture_quantile(self, parameters: Parameters, q: NDArray) -> Array:
        levels = checked_levels(q)
        shape = parameters["mean"].shape[1:]
        out = np.empty((levels.size, *shape))
        inner = bool(np.all((levels > 0) & (levels < 1)))
        for rows, p, _ in row_blocks(parameters, np.zeros(shape)):
            for i, j in np.ndindex(p["mean"].shape[:2]):
                own = p["mean"][i, j], p["dispersion"][i, j]
                found = sums.quantiles(self._log_probs, *own, levels.ravel()) if inner else None
                if found is None:
                    one = {name: p[name][i, j, :, None, None] for name in ("mean", "dispersion")}
                    found = super().mixture_quantile(one, levels.ravel())[:, 0, 0]
                out[:, rows][:, i, j] = found
        return out.reshape(levels.shape + shape)

    def mixture_crps(self, parameters: Parameters, y: NDArray) -> Array:
        """Return ``Σ_k (F(k) − 1{k ≥ y})²`` at whole ``y``, to a relative 1e-8."""
        out = np.empty(np.shape(y))
        for rows, p, values in row_blocks(parameters, y):
            for i, j in np.ndindex(p["mean"].shape[:2]):
                own = p["mean"][i, j], p["dispersion"][i, j]
                out[rows][i, j] = sums.crps(self._log_probs, *own, float(values[i, j, 0]))
        return out

    def _log_probs(self, mean: Array, dispersion: Array, k: float) -> Array:
        return self.log_prob({"mean": mean, "dispersion": dispersion}, k)


def _log_rising(y: Any, r: Any) -> Any:
    """``log Γ(y + r) − log Γ(r) − y log r``, the logarithm of ``Π_{k<y} (1 + k/r)``.

    From r = 10 on it is by Stirling's series, of which the terms that nearly cancel are left out:
    in float32 the difference of two log Γ has few digits there.
    """
    xp = array_namespace(r)
    large, small = xp.clip(r, _LARGE, None), xp.clip(r, None, _LARGE)
    series = _stirling(y + large) - _stirling(large)
    by_series = (large + y - 0.5) * xp.log1p(y / large) - y + series
    by_gammas = gammaln(y + small) - gammaln(small) - y * xp.log(small)
    return xp.where(r > _LARGE, by_series, by_gammas)


def _stirling(x: Any) -> Any:
    """log Γ(x) less ``(x − ½) log x − x + ½ log 2π``, to 1e-12 from x = 10 on."""
    u = 1 / x
    square = u * u
    return u * (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square / 1680)))

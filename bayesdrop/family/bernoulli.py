"""The Bernoulli distribution, by its log odds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from array_api_compat import array_namespace
from numpy.typing import NDArray

from bayesdrop.family.base import Array, Family, Kind, Parameters
from bayesdrop.family.blocks import checked_levels, row_blocks


class Bernoulli(Family):
    """A target is 1 with probability ``1 / (1 + exp(−logits))``, and else 0."""

    kind: ClassVar[Kind] = "class"

    def log_prob(self, parameters: Parameters, y: Any) -> Any:
        logits = parameters["logits"]
        xp = array_namespace(logits)
        return -xp.logaddexp((1 - 2 * y) * logits, xp.zeros_like(logits))

    def cdf(self, parameters: Parameters, y: NDArray) -> Array:
        from scipy.special import expit

        zero = expit(-np.asarray(parameters["logits"], dtype=np.float64))
        return np.where(y < 0, 0.0, np.where(y < 1, zero, 1.0))

    def fisher_information(self, parameters: Parameters) -> Mapping[str, Any]:
        logits = parameters["logits"]
        exp = array_namespace(logits).exp
        size = exp(-abs(logits))
        return {"logits": size / (1 + size) ** 2}

    def location(self, parameters: Parameters) -> NDArray[np.floating]:
        return parameters["logits"]

    def mean(self, parameters: Parameters) -> Array:
        from scipy.special import expit

        return expit(np.asarray(parameters["logits"], dtype=np.float64))

    def variance(self, parameters: Parameters) -> Array:
        negative = {"logits": -parameters["logits"]}
        return self.mean(parameters) * self.mean(negative)

    def sample(self, parameters: Parameters, rng: np.random.Generator) -> NDArray[np.int64]:
        mean = self.mean(parameters)
        return (rng.random(mean.shape) < mean).astype(np.int64)

    def class_probabilities(self, parameters: Parameters) -> Array:
        negative = {"logits": -parameters["logits"]}
        return np.stack([self.mean(negative), self.mean(parameters)], axis=-1)

    def mixture_cdf(self, parameters: Parameters, y: NDArray) -> Array:
        zero = self._probability(parameters, -1)
        return np.where(y < 0, 0.0, np.where(y < 1, zero, 1.0))

    def mixture_quantile(self, parameters: Parameters, q: NDArray) -> Array:
        zero = self._probability(parameters, -1)
        return (checked_levels(q)[..., None, None] > zero).astype(np.float64)

    def mixture_crps(self, parameters: Parameters, y: NDArray) -> Array:
        """Return ∫ (F − 1{x ≥ y})² dx = P(Y ≠ y)², the Brier score of the mean."""
        one, zero = self._probability(parameters, 1), self._probability(parameters, -1)
        return np.where(y == 1, zero, one) ** 2

    def _probability(self, parameters: Parameters, sign: int) -> Array:
        """P(y = 1) of the mixture (sign 1) or P(y = 0) (sign −1), (rows, outputs)."""
        from scipy.special import expit

        logits = parameters["logits"]
        out = np.empty(logits.shape[1:])
        for rows, p, _ in row_blocks(parameters, out):
            out[rows] = expit(sign * p["logits"]).mean(axis=-1)
        return out

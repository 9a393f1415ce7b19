"""The categorical distribution over numbered classes, by its logits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, NoReturn

import numpy as np
from array_api_compat import array_namespace, device
from numpy.typing import NDArray

from bayesdrop.family.base import Array, Family, Kind, Parameters


class Categorical(Family):
    """A target is class k with probability ``exp(logits_k) / Σ_j exp(logits_j)``.

    Logits are (..., rows, 1, classes).
    """

    kind: ClassVar[Kind] = "class"

    def log_prob(self, parameters: Parameters, y: Any) -> Any:
        logits = parameters["logits"]
        xp = array_namespace(logits)
        classes = xp.arange(logits.shape[-1], device=device(logits))
        highest = xp.max(logits, axis=-1, keepdims=True)
        total = xp.log(xp.sum(xp.exp(logits - highest), axis=-1))
        chosen = xp.where(y[..., None] == classes, logits - highest, xp.zeros_like(logits))
        return xp.sum(chosen, axis=-1) - total

    def cdf(self, parameters: Parameters, y: NDArray) -> NoReturn:
        raise TypeError(
            "the classes of a Categorical likelihood have no order, so there is no cdf, quantile, "
            "interval or crps: use probabilities, predicted_class, log_prob or entropy"
        )

    def fisher_information(self, parameters: Parameters) -> Mapping[str, Any]:
        """Return ``diag(p) − p pᵀ``, (..., rows, 1, classes, classes)."""
        logits = parameters["logits"]
        xp = array_namespace(logits)
        size = xp.exp(logits - xp.max(logits, axis=-1, keepdims=True))
        p = size / xp.sum(size, axis=-1, keepdims=True)
        one = xp.eye(logits.shape[-1], dtype=logits.dtype, device=device(logits))
        return {"logits": p[..., None] * (one - p[..., None, :])}

    def location(self, parameters: Parameters) -> Array:
        """Return log probabilities, the logits up to the constant that no data identify."""
        from scipy.special import log_softmax

        return log_softmax(np.asarray(parameters["logits"], dtype=np.float64), axis=-1)

    def mean(self, parameters: Parameters) -> Array:
        from scipy.special import softmax

        return softmax(np.asarray(parameters["logits"], dtype=np.float64), axis=-1)

    def variance(self, parameters: Parameters) -> Array:
        mean = self.mean(parameters)
        return mean * (1 - mean)

    def sample(self, parameters: Parameters, rng: np.random.Generator) -> NDArray[np.int64]:
        logits = parameters["logits"]
        gumbel = rng.gumbel(size=logits.shape)
        return np.argmax(logits + gumbel, axis=-1)

    def class_probabilities(self, parameters: Parameters) -> Array:
        return self.mean(parameters)

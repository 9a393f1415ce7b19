"""What a family of distributions is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

Parameters = dict[str, Any]
"""The family's arguments, each an array (..., rows, outputs); ``logits`` of classes have a last
axis of their own."""

Kind = Literal["continuous", "count", "class"]
"""What a target is: a real number, a whole number from 0, or the number of a class."""

Array = NDArray[np.float64]


class Family(ABC):
    """A family of distributions of the target, independent over rows and outputs.

    ``name`` is what NumPyro and Pyro both call it; the keys of the parameters are its arguments
    there. The ``mixture_*`` methods are those of the equal-weight mixture over draws that a
    :class:`~bayesdrop.Predictive` is, computed in float64.
    """

    name: ClassVar[str]
    kind: ClassVar[Kind]

    @abstractmethod
    def log_prob(self, parameters: Parameters, y: Any) -> Any:
        """Log density of ``y`` (rows, outputs) given each draw: (..., rows, outputs); Array API."""

    @abstractmethod
    def location(self, parameters: Parameters) -> NDArray[np.floating]:
        """f(x) on the network's own scale, (draws, rows, outputs, ...): what R-hat is taken of."""

    @abstractmethod
    def mean(self, parameters: Parameters) -> NDArray[np.floating]:
        """E[y | draw], (draws, rows, outputs); of classes the one-hot y's, with a last axis."""

    @abstractmethod
    def variance(self, parameters: Parameters) -> NDArray[np.floating]:
        """Var[y | draw], of the shape of :meth:`mean`."""

    @abstractmethod
    def sample(self, parameters: Parameters, rng: np.random.Generator) -> NDArray:
        """One sample of y per draw, (draws, rows, outputs); integers unless continuous."""

    def rescaled(self, parameters: Parameters, shift: Array, scale: Array) -> Parameters:
        """Parameters of ``shift + scale · y``, of a target that can be standardised."""
        return parameters

    def class_probabilities(self, parameters: Parameters) -> Array:
        """P(y = class | draw), (draws, rows, outputs, classes), of families of classes."""
        raise TypeError(f"{self.name} is no distribution of classes")

    @abstractmethod
    def mixture_log_prob(self, parameters: Parameters, y: NDArray) -> Array:
        """Log density of the mixture at ``y``, (rows, outputs)."""

    @abstractmethod
    def mixture_cdf(self, parameters: Parameters, y: NDArray) -> Array:
        """P(Y ≤ y) of the mixture, (rows, outputs)."""

    @abstractmethod
    def mixture_quantile(self, parameters: Parameters, q: NDArray) -> Array:
        """The smallest y with P(Y ≤ y) ≥ q, (*q.shape, rows, outputs)."""

    @abstractmethod
    def mixture_crps(self, parameters: Parameters, y: NDArray) -> Array:
        """Continuous ranked probability score of the mixture at ``y``, (rows, outputs)."""

"""What a likelihood is: a family of distributions and what its parameters are made from."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from bayesdrop.noise import Noise
from bayesdrop.spec import Spec

Parameters = dict[str, Any]
"""The family's arguments, each an array (..., rows, outputs)."""


class Likelihood(Spec, kind="likelihood"):
    """The distribution of the target given the network's output.

    ``family`` is the name that NumPyro and Pyro both give to the distribution; the keys of
    :meth:`parameters` are its arguments. The second half of the methods is the equal-weight
    mixture over draws that a :class:`~bayesdrop.Predictive` is, in NumPy and float64.
    """

    family: ClassVar[str]
    standardises_target: ClassVar[bool]

    @abstractmethod
    def latent(self, n_outputs: int) -> dict[str, tuple[tuple[int, ...], Noise]]:
        """Name → (shape, prior) of the likelihood's own random variables."""

    @abstractmethod
    def network_outputs(self, n_outputs: int) -> int:
        """How many outputs the network needs for ``n_outputs`` targets."""

    @abstractmethod
    def parameters(self, output: Any, values: Mapping[str, Any]) -> Parameters:
        """The family's arguments from the network's output and the values of :meth:`latent`."""

    @abstractmethod
    def log_prob(self, parameters: Parameters, y: Any) -> Any:
        """Log density of ``y`` (rows, outputs) given each draw: (..., rows, outputs); Array API."""

    @abstractmethod
    def original_units(
        self, parameters: Parameters, shift: NDArray[np.float64], scale: NDArray[np.float64]
    ) -> Parameters:
        """Parameters of ``shift + scale · y`` from those of the standardised ``y``."""

    @abstractmethod
    def draw_mean(self, parameters: Parameters) -> NDArray[np.floating]:
        """E[y | draw], (draws, rows, outputs)."""

    @abstractmethod
    def draw_variance(self, parameters: Parameters) -> NDArray[np.floating]:
        """Var[y | draw], (draws, rows, outputs)."""

    @abstractmethod
    def draw_sample(self, parameters: Parameters, rng: np.random.Generator) -> NDArray[np.float64]:
        """One sample of y per draw, (draws, rows, outputs)."""

    @abstractmethod
    def mixture_log_prob(self, parameters: Parameters, y: NDArray) -> NDArray[np.float64]:
        """Log density of the mixture at ``y``, (rows, outputs)."""

    @abstractmethod
    def mixture_cdf(self, parameters: Parameters, y: NDArray) -> NDArray[np.float64]:
        """CDF of the mixture at ``y``, (rows, outputs)."""

    @abstractmethod
    def mixture_quantile(self, parameters: Parameters, q: NDArray) -> NDArray[np.float64]:
        """Quantiles of the mixture, (*q.shape, rows, outputs)."""

    @abstractmethod
    def mixture_crps(self, parameters: Parameters, y: NDArray) -> NDArray[np.float64]:
        """Continuous ranked probability score of the mixture at ``y``, (rows, outputs)."""

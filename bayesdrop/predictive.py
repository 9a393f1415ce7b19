"""The predictive distribution: an equal-weight mixture over draws of likelihood parameters."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bayesdrop.likelihood import Likelihood
from bayesdrop.likelihood.base import Parameters


@dataclass(frozen=True, eq=False, repr=False)
class Predictive:
    """p(y | x, data) = 1/S Σ_s p(y | parameters_s), in the target's original units.

    Attributes
    ----------
    likelihood
        The family of the mixture's components.
    parameters
        Name → array (draws, rows, outputs); float32, unless the target varies by less than 1e-4
        of its mean.
    n_chains
        The draws are this many chains one after the other; 1 where there are none.
    one_output
        The target was given as (rows,): results drop the outputs axis.
    """

    likelihood: Likelihood
    parameters: Parameters
    n_chains: int = 1
    one_output: bool = True

    def __repr__(self) -> str:
        return f"Predictive({self.n_rows} rows, {self.n_draws} draws of {self.likelihood})"

    @property
    def n_draws(self) -> int:
        """Number of mixture components S."""
        return next(iter(self.parameters.values())).shape[0]

    @property
    def n_rows(self) -> int:
        """Number of rows predicted."""
        return next(iter(self.parameters.values())).shape[1]

    @property
    def draw_means(self) -> NDArray[np.floating]:
        """E[y | draw], (draws, rows) or (draws, rows, outputs)."""
        return self._out(self.likelihood.draw_mean(self.parameters))

    @cached_property
    def mean(self) -> NDArray[np.float64]:
        """Predictive mean, (rows,) or (rows, outputs)."""
        return self.draw_means.mean(0, dtype=np.float64)

    @cached_property
    def epistemic_std(self) -> NDArray[np.float64]:
        """Standard deviation over draws of E[y | draw]: what more data would reduce."""
        return self.draw_means.std(0, dtype=np.float64)

    @cached_property
    def aleatoric_std(self) -> NDArray[np.float64]:
        """Root of the mean over draws of Var[y | draw]: noise that remains."""
        variance = self.likelihood.draw_variance(self.parameters)
        return np.sqrt(self._out(variance.mean(0, dtype=np.float64)))

    @property
    def std(self) -> NDArray[np.float64]:
        """Predictive standard deviation: root of epistemic² + aleatoric²."""
        return np.hypot(self.epistemic_std, self.aleatoric_std)

    def log_prob(self, y: ArrayLike) -> NDArray[np.float64]:
        """Log density of the mixture at ``y``, of the shape of ``mean``."""
        return self._out(self.likelihood.mixture_log_prob(self.parameters, self._target(y)))

    def cdf(self, y: ArrayLike) -> NDArray[np.float64]:
        """Probability of a target of at most ``y``, of the shape of ``mean``."""
        return self._out(self.likelihood.mixture_cdf(self.parameters, self._target(y)))

    def quantile(self, q: ArrayLike) -> NDArray[np.float64]:
        """Quantiles at the levels ``q`` in (0, 1): shape of ``q``, then that of ``mean``."""
        levels = np.asarray(q, dtype=np.float64)
        if not np.all((levels > 0) & (levels < 1)):
            raise ValueError(f"quantile levels must lie strictly between 0 and 1, not {q}")
        return self._out(self.likelihood.mixture_quantile(self.parameters, levels))

    def interval(self, level: float = 0.9) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Lower and upper end of the central interval that holds ``level`` of the mass."""
        lower, upper = self.quantile([(1 - level) / 2, (1 + level) / 2])
        return lower, upper

    def crps(self, y: ArrayLike) -> NDArray[np.float64]:
        """Continuous ranked probability score at ``y``, of the shape of ``mean``."""
        return self._out(self.likelihood.mixture_crps(self.parameters, self._target(y)))

    def sample(self, size: int = 1, seed: int = 0) -> NDArray[np.float64]:
        """``size`` samples of y per row, from components drawn at random: (size, rows, …)."""
        rng = np.random.default_rng(seed)
        chosen = rng.integers(self.n_draws, size=size)
        parameters = {name: value[chosen] for name, value in self.parameters.items()}
        return self._out(self.likelihood.draw_sample(parameters, rng))

    def _out(self, array: NDArray) -> NDArray:
        return array[..., 0] if self.one_output else array

    def _target(self, y: ArrayLike) -> NDArray[np.float64]:
        target = np.asarray(y, dtype=np.float64)
        expected = self.draw_means.shape[1:]
        if target.shape != expected:
            raise ValueError(
                f"y has shape {target.shape}, the prediction {expected}: "
                "give one target per predicted row and output"
            )
        return target[:, None] if self.one_output else target

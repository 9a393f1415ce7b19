"""The weights of a mixture of predictions: those that score best, and as whole numbers of draws."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def best_weights(log_scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """The weights (fits,) of the mixture with the highest mean log score: a concave problem."""
    from scipy.optimize import LinearConstraint, minimize

    density = np.exp(log_scores - log_scores.max(1, keepdims=True))
    count = density.shape[1]

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        mixture = density @ weights
        return -np.log(mixture).mean(), -(density / mixture[:, None]).mean(0)

    found = minimize(
        loss,
        np.full(count, 1 / count),
        jac=True,
        method="SLSQP",
        bounds=[(0, 1)] * count,
        constraints=LinearConstraint(np.ones(count), 1, 1),
        options={"ftol": 1e-10, "maxiter": 1000},
    )
    weights = np.clip(found.x, 0, None)
    return weights / weights.sum()


def log_mixture(
    log_scores: NDArray[np.float64], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The log density of each row under the mixture."""
    top = log_scores.max(1, keepdims=True)
    return top[:, 0] + np.log(np.exp(log_scores - top) @ weights)


def apportioned(weights: NDArray[np.float64], total: int) -> NDArray[np.int64]:
    """Whole numbers of that sum in proportion to the weights, by largest remainders."""
    exact = weights * total
    counts = np.floor(exact).astype(np.int64)
    largest = np.argsort(counts - exact, kind="stable")[: total - counts.sum()]
    counts[largest] += 1
    return counts

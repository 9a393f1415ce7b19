"""How far a fitted guide is from its optimum, by conditions that hold there.

A guide that can shift and stretch each coordinate θ of the unconstrained scale has, where its ELBO
is largest, E ∂ log p/∂θ = 0 and E (θ − E θ) ∂ log p/∂θ = −1 (Opper & Archambeau 2009, "The
variational Gaussian approximation revisited"). What is left of them, times the guide's standard
deviation s, and halved, is a natural-gradient step: the shift in units of s, and the relative
change of s, that a Newton step would make where the log joint is quadratic. Unlike a loss that has
stopped to fall, they do not depend on the optimiser, whose steps may have become too small.

Draws are finite, so that the root mean square over the elements of a site has the square of its
standard error taken off. Dhaka et al. (2020), "Robust, accurate stochastic optimization for
variational inference", show what trusting the loss costs.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray


def distance(
    values: Mapping[str, NDArray], gradients: Mapping[str, NDArray]
) -> dict[str, dict[str, dict[str, float]]]:
    """By ``"location"`` and ``"scale"``, and by site, the root mean square over its elements.

    Parameters
    ----------
    values
        Site name → draws of the guide on the unconstrained scale, (draws, *shape).
    gradients
        Site name → the gradients of the log joint there, of the same shapes.

    Returns
    -------
    found
        ``{"location": {site: {"error": ..., "least": ..., "uncertainty": ...}}, "scale": ...}``:
        the location's error in standard deviations of the guide, the relative error of those; what
        is left of an error two of its standard errors lower; the standard errors of an element.
    """
    found: dict[str, dict[str, dict[str, float]]] = {"location": {}, "scale": {}}
    for name, drawn in values.items():
        deviation = drawn.astype(np.float64) - drawn.mean(0, dtype=np.float64)
        slope = gradients[name].astype(np.float64)
        found["location"][name] = _summary(deviation.std(0) * slope)
        found["scale"][name] = _summary((1 + deviation * slope) / 2)
    return found


def _summary(terms: NDArray[np.float64]) -> dict[str, float]:
    """The size of the mean over draws, without what chance adds, and its standard error."""
    variance = terms.var(0, ddof=1) / len(terms)
    square = np.mean(np.square(terms.mean(0)) - variance)
    chance = 2 * np.sqrt(2 / variance.size) * np.mean(variance)
    return {
        "error": float(np.sqrt(max(square, 0.0))),
        "least": float(np.sqrt(max(square - chance, 0.0))),
        "uncertainty": float(np.sqrt(np.mean(variance))),
    }

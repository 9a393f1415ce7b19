"""Dropout's posterior over a row of weights, q(w) = π N(m, σ² I) + (1 − π) N(0, σ² I).

Gal & Ghahramani (2015), "Dropout as a Bayesian approximation: Appendix" (arXiv:1506.02157), where
a row is what leaves a unit, π its keep probability and σ > 0 so small that a draw is m or 0. As a
guide, m and the σ of every row are fitted and π is given; biases, scales and the likelihood's
parameters get independent normals on the unconstrained scale. The ELBO is estimated by draws and
the mixture's own density: KL(q ‖ p) has no closed form, and :func:`kl_of_long_rows` is not used.

Weights need a density, so Boolean noise is refused. With continuous noise the prior of w (or of z,
in the expanded form) is Gaussian given the noise, and the guide holds as it stands.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def kl_of_long_rows(
    mean: ArrayLike, scale: ArrayLike, keep: float, prior_scale: float = 1.0
) -> NDArray[np.float64]:
    """KL(q ‖ N(0, prior_scale² I)) of dropout's posterior over a row of K weights, for large K.

    (π/2) ‖m‖² + (K/2) (σ² − 1 − log σ²) − H(π) in units of the prior's scale, with
    H(π) = −π log π − (1 − π) log(1 − π): Gal & Ghahramani's approximation for mixtures in many
    dimensions, constant included. It replaces the entropy of the mixture by that of components
    that do not overlap. So it is too small by H(c | w), the entropy of which
    component a draw came from, which lies between 0 and 2 log 2 √(π (1 − π)) exp(−‖m‖²/8σ²), and
    vanishes as the row grows.

    Parameters
    ----------
    mean
        m, (..., K).
    scale
        σ > 0, (...).
    keep
        π, between 0 and 1.
    prior_scale
        Standard deviation of a weight under the prior. Default 1.

    Returns
    -------
    kl
        In nats, (...).
    """
    mean = np.asarray(mean, dtype=np.float64) / prior_scale
    variance = np.square(np.asarray(scale, dtype=np.float64) / prior_scale)
    entropy = -keep * np.log(keep) - (1 - keep) * np.log1p(-keep)
    spread = mean.shape[-1] * (variance - 1 - np.log(variance))
    return (keep * np.square(mean).sum(-1) + spread) / 2 - entropy

"""Pictures of priors and of fitted weights, as matplotlib figures.

They need NumPy, SciPy and matplotlib alone, neither PyTorch nor JAX, and import them when called.
"""

from bayesdrop.show.densities import prior_densities
from bayesdrop.show.functions import prior_functions
from bayesdrop.show.heatmaps import posterior_weights
from bayesdrop.show.loss import loss
from bayesdrop.show.relevance import feature_relevance
from bayesdrop.show.reliability import reliability
from bayesdrop.show.structure import prior_matrices

__all__ = [
    "feature_relevance",
    "loss",
    "posterior_weights",
    "prior_densities",
    "prior_functions",
    "prior_matrices",
    "reliability",
]

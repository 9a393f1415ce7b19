"""Pictures of priors, fitted weights and predictions, as matplotlib figures.

They need NumPy, SciPy and matplotlib alone, neither PyTorch nor JAX, and import them when called.
"""

from bayesdrop.show.bands import bands
from bayesdrop.show.comparison import comparison
from bayesdrop.show.densities import prior_densities
from bayesdrop.show.functions import prior_functions
from bayesdrop.show.heatmaps import posterior_weights
from bayesdrop.show.loss import loss
from bayesdrop.show.ood_histogram import ood_histogram
from bayesdrop.show.rank_ecdf import rank_ecdf
from bayesdrop.show.relevance import feature_relevance
from bayesdrop.show.reliability import reliability
from bayesdrop.show.risk_coverage import risk_coverage
from bayesdrop.show.sparsification import sparsification
from bayesdrop.show.structure import prior_matrices

__all__ = [
    "bands",
    "comparison",
    "feature_relevance",
    "loss",
    "ood_histogram",
    "posterior_weights",
    "prior_densities",
    "prior_functions",
    "prior_matrices",
    "rank_ecdf",
    "reliability",
    "risk_coverage",
    "sparsification",
]

"""Likelihoods: how a target is distributed given the network's output."""

from bayesdrop.likelihood.base import Likelihood
from bayesdrop.likelihood.gaussian import Gaussian

__all__ = ["Gaussian", "Likelihood"]

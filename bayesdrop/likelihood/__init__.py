"""Likelihoods: how a target is distributed given the network's output."""

from bayesdrop.likelihood.base import Likelihood
from bayesdrop.likelihood.bernoulli import Bernoulli
from bayesdrop.likelihood.categorical import Categorical
from bayesdrop.likelihood.gaussian import Gaussian
from bayesdrop.likelihood.heteroscedastic_gaussian import HeteroscedasticGaussian
from bayesdrop.likelihood.negative_binomial import NegativeBinomial
from bayesdrop.likelihood.poisson import Poisson
from bayesdrop.likelihood.student_t import StudentT

__all__ = [
    "Bernoulli",
    "Categorical",
    "Gaussian",
    "HeteroscedasticGaussian",
    "Likelihood",
    "NegativeBinomial",
    "Poisson",
    "StudentT",
]

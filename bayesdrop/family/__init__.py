"""Families of distributions: densities, moments, samples, and mixtures over draws.

A family has no state and knows nothing of models; a likelihood says which one a target follows
and what its arguments are made from.
"""

from bayesdrop.family.base import Family, Kind, Parameters
from bayesdrop.family.bernoulli import Bernoulli
from bayesdrop.family.categorical import Categorical
from bayesdrop.family.negative_binomial import NegativeBinomial
from bayesdrop.family.normal import Normal
from bayesdrop.family.poisson import Poisson
from bayesdrop.family.student_t import StudentT

__all__ = [
    "Bernoulli",
    "Categorical",
    "Family",
    "Kind",
    "NegativeBinomial",
    "Normal",
    "Parameters",
    "Poisson",
    "StudentT",
]

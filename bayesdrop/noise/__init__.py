"""Multiplicative-noise distributions, each with the marginal prior it induces on a weight."""

from bayesdrop.noise.base import Noise
from bayesdrop.noise.bernoulli import Bernoulli
from bayesdrop.noise.beta import Beta
from bayesdrop.noise.gaussian import Gaussian
from bayesdrop.noise.half_cauchy import HalfCauchy
from bayesdrop.noise.half_normal import HalfNormal
from bayesdrop.noise.inverse_nakagami import InverseNakagami
from bayesdrop.noise.learned import Learned
from bayesdrop.noise.log_uniform import LogUniform
from bayesdrop.noise.rayleigh import Rayleigh
from bayesdrop.noise.regularized_half_cauchy import RegularizedHalfCauchy
from bayesdrop.noise.uniform import Uniform

__all__ = [
    "Bernoulli",
    "Beta",
    "Gaussian",
    "HalfCauchy",
    "HalfNormal",
    "InverseNakagami",
    "Learned",
    "LogUniform",
    "Noise",
    "Rayleigh",
    "RegularizedHalfCauchy",
    "Uniform",
]

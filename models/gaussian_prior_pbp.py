"""gaussian_prior with the noise prior of probabilistic backpropagation's paper.

Its noise precision is Gamma(6, 6) of the standardised target, in place of a half-normal scale: what
the figures of Hernández-Lobato & Adams (2015) were computed with.
"""

import bayesdrop as bd

MODEL = bd.Model(
    network=bd.MLP(hidden=(50,)),
    likelihood=bd.Gaussian(scale=bd.noise.InverseNakagami(shape=6.0, rate=6.0)),
)

"""gaussian_prior as in the paper on probabilistic backpropagation: other biases, other noise.

There the noise precision is Gamma(6, 6), on the standardised target, and a bias has the prior of
a weight: here a variance of 1.2 / 10, that of the paper's first layer with 9 features. What the
figures of Hernández-Lobato & Adams (2015) are compared with.
"""

import bayesdrop as bd

MODEL = bd.Model(
    network=bd.MLP(hidden=(50,)),
    prior=bd.ScaleMixture(bias_scale=0.35),
    likelihood=bd.Gaussian(scale=bd.noise.InverseNakagami(shape=6.0, rate=6.0)),
)

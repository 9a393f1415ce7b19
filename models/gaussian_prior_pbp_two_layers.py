"""gaussian_prior_pbp with two hidden layers of 50.

The poster's PBP column is not what PBP with one layer was published with.
"""

import bayesdrop as bd

MODEL = bd.Model(
    network=bd.MLP(hidden=(50, 50)),
    prior=bd.ScaleMixture(bias_scale=0.35),
    likelihood=bd.Gaussian(scale=bd.noise.InverseNakagami(shape=6.0, rate=6.0)),
)

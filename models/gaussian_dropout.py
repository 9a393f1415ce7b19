"""Gaussian dropout: mean-one Gaussian noise of variance 1/9 on each unit; one hidden layer of 50.

The noise λ ~ N(1, α) with α = (1 − keep)/keep has the mean and variance of dropout's λ/keep
(Srivastava et al. 2014, §10); α = 1/9 is that of keep = 0.9.
"""

import bayesdrop as bd

MODEL = bd.Model(
    network=bd.MLP(hidden=(50,)),
    prior=bd.ARD(bd.noise.Gaussian(scale=1 / 3, mean=1.0)),
)

"""Dropout: each unit is kept with probability 0.95; one hidden layer of 50.

The network of Gal & Ghahramani (2016), as a prior: w = λ z with one Bernoulli λ per unit. A weight
is spike-and-slab, 0.05 δ₀ + 0.95 N(0, σ₀²), and all weights that leave a unit are 0 together.
"""

import bayesdrop as bd

MODEL = bd.Model(
    network=bd.MLP(hidden=(50,)),
    prior=bd.ARD(bd.noise.Bernoulli(keep=0.95)),
)

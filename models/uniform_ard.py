"""Uniform noise, one scale per unit (ARD); residual network, two layers of 50.

λ ~ Uniform(0, √3) per unit, so that E λ² = 1. The marginal prior of a weight is infinite at 0,
logarithmically, and has Gaussian tails.
"""

import bayesdrop as bd

MODEL = bd.Model(
    network=bd.ResNet(),
    prior=bd.ARD(bd.noise.Uniform(low=0.0, high=3**0.5)),
)

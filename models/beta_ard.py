"""Beta noise, one scale per unit (ARD); residual network, two layers of 50.

λ ~ Beta(2, 2) per unit: dropout made continuous, each unit kept by a fraction. The marginal prior
of a weight, σ₀ λ z, has no closed form; its tails are Gaussian.
"""

import bayesdrop as bd

MODEL = bd.Model(
    network=bd.ResNet(),
    prior=bd.ARD(bd.noise.Beta(a=2.0, b=2.0)),
)

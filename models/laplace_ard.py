"""Laplace weights, one scale per unit (ARD); residual network, two layers of 50.

λ ~ Rayleigh(1) per unit, so that each weight is σ₀ times a Laplace variable of scale 1, and the
weights that leave a unit shrink together.
"""

import bayesdrop as bd

MODEL = bd.Model(
    network=bd.ResNet(),
    prior=bd.ARD(bd.noise.Rayleigh(scale=1.0)),
)

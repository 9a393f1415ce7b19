"""K₀ weights from zero-mean Gaussian noise, one scale per unit (ARD); residual network, 2 × 50.

λ ~ N(0, 1) per unit: each weight is σ₀ times a product of two standard normals, whose density
K₀(|w|)/π is infinite at 0 and has exponential tails. Zero-mean noise says nothing on average, so
MC dropout can't run it: see gaussian_dropout.
"""

import bayesdrop as bd

MODEL = bd.Model(
    network=bd.ResNet(),
    prior=bd.ARD(bd.noise.Gaussian(scale=1.0)),
)

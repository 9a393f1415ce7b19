"""ARD-ADD on a smooth residual network: two layers of 50, activation silu.

The model is ard_add with x sigmoid(x) in place of the rectifier.
"""

import bayesdrop as bd

noise = bd.noise.InverseNakagami(shape=3.0, rate=3.0)
MODEL = bd.Model(
    network=bd.ResNet(activation="silu"),
    prior=bd.ARDADD(noise, noise),
)

"""ARD-ADD on a residual network of two layers of 100.

The model is ard_add with twice the units.
"""

import bayesdrop as bd

noise = bd.noise.InverseNakagami(shape=3.0, rate=3.0)
MODEL = bd.Model(
    network=bd.ResNet(hidden=100),
    prior=bd.ARDADD(noise, noise),
)

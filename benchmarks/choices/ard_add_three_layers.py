"""ARD-ADD on a residual network of three layers of 50.

The model is ard_add with one residual block more.
"""

import bayesdrop as bd

noise = bd.noise.InverseNakagami(shape=3.0, rate=3.0)
MODEL = bd.Model(
    network=bd.ResNet(depth=3),
    prior=bd.ARDADD(noise, noise),
)

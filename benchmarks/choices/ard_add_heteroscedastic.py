"""ARD-ADD and noise that depends on the inputs; residual network, two layers of 50.

The model is ard_add, and the network has a second output: the log of the standard deviation of the
noise (Nix & Weigend 1994).
"""

import bayesdrop as bd

noise = bd.noise.InverseNakagami(shape=3.0, rate=3.0)
MODEL = bd.Model(
    network=bd.ResNet(),
    prior=bd.ARDADD(noise, noise),
    likelihood=bd.HeteroscedasticGaussian(),
)

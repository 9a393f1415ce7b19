"""Noise that depends on the inputs; Student-t weights under ARD; residual network, 2 × 50.

The network's second output is the log of the noise's standard deviation (Nix & Weigend 1994), so
aleatoric uncertainty differs from row to row. The prior is that of student_t_ard.
"""

import bayesdrop as bd

MODEL = bd.Model(
    network=bd.ResNet(),
    prior=bd.ARD(bd.noise.InverseNakagami(shape=3.0, rate=3.0)),
    likelihood=bd.HeteroscedasticGaussian(),
)

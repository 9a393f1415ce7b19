"""Log-uniform noise, one scale per unit (ARD); residual network, two layers of 50.

log λ is uniform between log 0.001 and log 3 per unit: between these scales the density of a weight
goes as 1/|w|, as that of the log-uniform prior of variational dropout (Kingma, Salimans & Welling
2015), which is improper without the range.
"""

import bayesdrop as bd

MODEL = bd.Model(
    network=bd.ResNet(),
    prior=bd.ARD(bd.noise.LogUniform(low=1e-3, high=3.0)),
)

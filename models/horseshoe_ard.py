"""Horseshoe weights, one scale per unit (ARD); residual network, two layers of 50.

λ ~ HalfCauchy(1) per unit: each weight has the horseshoe density of Carvalho, Polson & Scott
(2010), infinite at 0 and with Cauchy-like tails. E λ² is infinite, so MC dropout can't run it.
"""

import bayesdrop as bd

MODEL = bd.Model(
    network=bd.ResNet(),
    prior=bd.ARD(bd.noise.HalfCauchy(scale=1.0)),
)

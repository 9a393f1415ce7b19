"""Horseshoe scales on units and on blocks (ARD-ADD); residual network, two layers of 50.

λ_i ~ HalfCauchy(1) per unit and τ ~ HalfCauchy(1) per residual block: the product of a local and a
shared scale, as in the horseshoe of Carvalho, Polson & Scott (2010), here of a row and of a layer
(Nalisnick et al. 2019; for units, Ghosh, Yao & Doshi-Velez 2018). MC dropout can't run it.
"""

import bayesdrop as bd

noise = bd.noise.HalfCauchy(scale=1.0)
MODEL = bd.Model(
    network=bd.ResNet(),
    prior=bd.ARDADD(noise, noise),
)

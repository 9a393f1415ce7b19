"""Regularised horseshoe weights, one scale per unit (ARD); residual network, two layers of 50.

λ = c η/√(c² + η²) with η ~ HalfCauchy(1) and slab c = 2 per unit: the horseshoe near 0, and a
Gaussian of standard deviation 2 σ₀ for what is not shrunk (Piironen & Vehtari 2017). Unlike the
horseshoe it has a finite variance, so MC dropout runs it too.
"""

import bayesdrop as bd

MODEL = bd.Model(
    network=bd.ResNet(),
    prior=bd.ARD(bd.noise.RegularizedHalfCauchy(scale=1.0, slab=2.0)),
)

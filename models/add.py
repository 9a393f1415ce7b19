"""Automatic depth determination (ADD), with ARD on the first and last matrix; two layers of 50.

In the residual block h ← h + f(τ (h W + b)) the block's τ² ~ InverseGamma(3, 3): its weights are
Student-t of 6 degrees of freedom together, and τ → 0 leaves the identity, so that the data choose
the depth. As the code released with Nalisnick et al. (2019) does for its ADD, the first and the
last matrix, which have no skip, get one λ² ~ InverseGamma(3, 3) per unit (ARD).
"""

import bayesdrop as bd

noise = bd.noise.InverseNakagami(shape=3.0, rate=3.0)
MODEL = bd.Model(
    network=bd.ResNet(),
    prior=bd.ScaleMixture(unit=bd.PerLayer(first=noise, last=noise), layer=noise),
)

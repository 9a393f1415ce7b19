"""ARD and ADD together (ARD-ADD); residual network, two layers of 50.

λ_i² and τ² ~ InverseGamma(3, 3), per unit and per residual block: a weight of the block has
variance λ_i² τ² σ₀², others λ_i² σ₀² (Student-t of 6 degrees of freedom). The data choose the
units and the depth. The model that Nalisnick et al. (2019) found best on average.
"""

import bayesdrop as bd

noise = bd.noise.InverseNakagami(shape=3.0, rate=3.0)
MODEL = bd.Model(
    network=bd.ResNet(),
    prior=bd.ARDADD(noise, noise),
)

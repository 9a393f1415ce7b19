"""The ADD model of the paper's code: unit prior variance, noise precision 20; residual, 2 × 50.

As in the code released with Nalisnick et al. (2019): τ² ~ InverseGamma(3, 3) for the residual
block, and λ² ~ InverseGamma(3, 3) per unit (ARD) on the first and the last matrix. Weights have
variance 1 (not 1/fan_in, as in add), the noise of the standardised target a precision of 20. For
`released_em`.
"""

import bayesdrop as bd

noise = bd.noise.InverseNakagami(shape=3.0, rate=3.0)
MODEL = bd.Model(
    network=bd.ResNet(),
    prior=bd.ScaleMixture(
        unit=bd.PerLayer(first=noise, last=noise),
        layer=noise,
        base_scale=1.0,
    ),
    likelihood=bd.Gaussian(scale=20**-0.5),
)

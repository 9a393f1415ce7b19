"""The ARD model of the paper's code: unit prior variance, noise precision 20; residual, 2 × 50.

As in the code released with Nalisnick et al. (2019): λ² ~ InverseGamma(3, 3) per unit scales
weights of variance 1 (not 1/fan_in, as in student_t_ard), and the noise of the standardised target
is fixed at a precision of 20. For `released_em`.
"""

import bayesdrop as bd

MODEL = bd.Model(
    network=bd.ResNet(),
    prior=bd.ScaleMixture(
        unit=bd.noise.InverseNakagami(shape=3.0, rate=3.0),
        base_scale=1.0,
    ),
    likelihood=bd.Gaussian(scale=20**-0.5),
)

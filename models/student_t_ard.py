"""Student-t weights, one scale per unit (ARD); residual network, two layers of 50.

λ² ~ InverseGamma(3, 3) per unit, so that each weight is σ₀ times a Student-t of 6 degrees of
freedom and scale 1, and the weights that leave a unit shrink together (MacKay 1994; Neal 1995).
"""

import bayesdrop as bd

MODEL = bd.Model(
    network=bd.ResNet(),
    prior=bd.ARD(bd.noise.InverseNakagami(shape=3.0, rate=3.0)),
)

"""Student-t weights, one scale per weight (DropConnect); residual network, two layers of 50.

λ² ~ InverseGamma(3, 3) for every weight of its own: the marginal prior is that of student_t_ard,
and nothing is shared, so no unit and no layer shrinks as a whole. DropConnect proper (Wan et al.
2013) has Bernoulli noise in its place.
"""

import bayesdrop as bd

MODEL = bd.Model(
    network=bd.ResNet(),
    prior=bd.DropConnect(bd.noise.InverseNakagami(shape=3.0, rate=3.0)),
)

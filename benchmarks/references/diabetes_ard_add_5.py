"""Diabetes, all rows: Student-t ARD-ADD, two layers of 5.

Units, features and the residual block have scales.
"""

import bayesdrop as bd

noise = bd.noise.InverseNakagami(shape=3.0, rate=3.0)
REFERENCE = bd.ReferenceProblem(
    model=bd.Model(bd.ResNet(hidden=5, depth=2, activation="tanh"), bd.ARDADD(noise, noise)),
    dataset="diabetes",
    samplers=(
        bd.NUTS(num_warmup=1000, num_samples=1000, target_accept_prob=0.9),
        bd.HMC(num_warmup=1000, num_samples=1000, num_steps=32, target_accept_prob=0.9),
    ),
)

"""Diabetes, all rows: Student-t ADD, two layers of 5.

The residual block has a scale, which may go to 0.
"""

import bayesdrop as bd

REFERENCE = bd.ReferenceProblem(
    model=bd.Model(
        bd.ResNet(hidden=5, depth=2, activation="tanh"),
        bd.ADD(bd.noise.InverseNakagami(shape=3.0, rate=3.0)),
    ),
    dataset="diabetes",
    samplers=(
        bd.NUTS(num_warmup=1000, num_samples=1000, target_accept_prob=0.9),
        bd.HMC(num_warmup=1000, num_samples=1000, num_steps=32, target_accept_prob=0.9),
    ),
)

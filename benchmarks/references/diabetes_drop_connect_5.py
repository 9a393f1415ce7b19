"""Diabetes, all rows: Student-t DropConnect, 5 units.

Each weight has a scale of its own.
"""

import bayesdrop as bd

REFERENCE = bd.ReferenceProblem(
    model=bd.Model(
        bd.MLP(hidden=(5,), activation="tanh"),
        bd.DropConnect(bd.noise.InverseNakagami(shape=3.0, rate=3.0)),
    ),
    dataset="diabetes",
    samplers=(
        bd.NUTS(num_warmup=1000, num_samples=1000, target_accept_prob=0.9),
        bd.HMC(num_warmup=1000, num_samples=1000, num_steps=32, target_accept_prob=0.9),
    ),
)

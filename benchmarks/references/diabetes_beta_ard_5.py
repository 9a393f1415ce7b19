"""Diabetes, all rows: Beta(2, 2) noise under ARD, 5 units.

It is dropout made continuous, of features and of the units of one hidden layer.
"""

import bayesdrop as bd

REFERENCE = bd.ReferenceProblem(
    model=bd.Model(bd.MLP(hidden=(5,), activation="tanh"), bd.ARD(bd.noise.Beta(a=2.0, b=2.0))),
    dataset="diabetes",
    samplers=(
        bd.NUTS(num_warmup=1000, num_samples=1000, target_accept_prob=0.9),
        bd.HMC(num_warmup=1000, num_samples=1000, num_steps=32, target_accept_prob=0.9),
    ),
)

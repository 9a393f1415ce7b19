"""Diabetes, all rows: Laplace ARD, 5 units.

Rayleigh noise on units and features gives each weight a Laplace prior.
"""

import bayesdrop as bd

REFERENCE = bd.ReferenceProblem(
    model=bd.Model(bd.MLP(hidden=(5,), activation="tanh"), bd.ARD(bd.noise.Rayleigh(scale=1.0))),
    dataset="diabetes",
    samplers=(
        bd.NUTS(num_warmup=1000, num_samples=1000, target_accept_prob=0.9),
        bd.HMC(num_warmup=1000, num_samples=1000, num_steps=32, target_accept_prob=0.9),
    ),
)

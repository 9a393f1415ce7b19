"""Diabetes, all rows: Laplace ARD, 50 units.

Rayleigh noise on units and features gives each weight a Laplace prior.
"""

import bayesdrop as bd

REFERENCE = bd.ReferenceProblem(
    model=bd.Model(bd.MLP(hidden=(50,)), bd.ARD(bd.noise.Rayleigh(scale=1.0))),
    dataset="diabetes",
    samplers=(
        bd.NUTS(num_warmup=500, num_samples=500),
        bd.HMC(num_warmup=500, num_samples=500, num_steps=64),
    ),
)

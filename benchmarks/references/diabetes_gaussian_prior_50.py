"""Diabetes, all rows: no noise, 50 units.

The weights are independent Gaussians, in one hidden layer.
"""

import bayesdrop as bd

REFERENCE = bd.ReferenceProblem(
    model=bd.Model(bd.MLP(hidden=(50,))),
    dataset="diabetes",
    samplers=(
        bd.NUTS(num_warmup=500, num_samples=500),
        bd.HMC(num_warmup=500, num_samples=500, num_steps=64),
    ),
)

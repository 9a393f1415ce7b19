"""Diabetes, all rows: zero-mean Gaussian noise under ARD, 5 units.

Each weight has the density K₀, which is infinite at 0.
"""

import bayesdrop as bd

REFERENCE = bd.ReferenceProblem(
    model=bd.Model(bd.MLP(hidden=(5,), activation="tanh"), bd.ARD(bd.noise.Gaussian(scale=1.0))),
    dataset="diabetes",
    samplers=(
        bd.NUTS(num_warmup=1000, num_samples=1000, target_accept_prob=0.9),
        bd.HMC(num_warmup=1000, num_samples=1000, num_steps=32, target_accept_prob=0.9),
    ),
)

"""Diabetes, all rows: uniform noise under ARD, 5 units.

The density of a weight is infinite at 0, and its tails are Gaussian.
"""

import bayesdrop as bd

REFERENCE = bd.ReferenceProblem(
    model=bd.Model(
        bd.MLP(hidden=(5,), activation="tanh"), bd.ARD(bd.noise.Uniform(low=0.0, high=3**0.5))
    ),
    dataset="diabetes",
    samplers=(
        bd.NUTS(num_warmup=1000, num_samples=1000, target_accept_prob=0.9),
        bd.HMC(num_warmup=1000, num_samples=1000, num_steps=32, target_accept_prob=0.9),
    ),
)

"""Diabetes, all rows: horseshoe ARD, 5 units.

Half-Cauchy noise on units and features gives each weight a horseshoe prior.
"""

import bayesdrop as bd

REFERENCE = bd.ReferenceProblem(
    model=bd.Model(bd.MLP(hidden=(5,), activation="tanh"), bd.ARD(bd.noise.HalfCauchy(scale=1.0))),
    dataset="diabetes",
    samplers=(
        bd.NUTS(num_warmup=1000, num_samples=1000, target_accept_prob=0.98),
        bd.HMC(num_warmup=1000, num_samples=1000, num_steps=64, target_accept_prob=0.98),
    ),
)

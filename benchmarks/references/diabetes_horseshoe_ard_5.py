"""Diabetes, all rows: horseshoe ARD, 5 units.

Half-Cauchy noise on units and features gives each weight a horseshoe prior. A chain of HMC was
stuck here, so the second sampler is ChEES.
"""

import bayesdrop as bd

REFERENCE = bd.ReferenceProblem(
    model=bd.Model(bd.MLP(hidden=(5,), activation="tanh"), bd.ARD(bd.noise.HalfCauchy(scale=1.0))),
    dataset="diabetes",
    samplers=(
        bd.NUTS(num_warmup=1000, num_samples=1000, target_accept_prob=0.98),
        bd.ChEES(num_warmup=1000, num_samples=1000, num_chains=8, target_accept_prob=0.9),
    ),
)

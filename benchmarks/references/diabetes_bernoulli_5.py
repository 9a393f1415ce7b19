"""Diabetes, 100 rows: dropout of 5 hidden units, kept with 0.8.

NUTS sums over the 32 masks, and HMC draws them by Gibbs sweeps.
"""

import bayesdrop as bd

REFERENCE = bd.ReferenceProblem(
    model=bd.Model(
        bd.MLP(hidden=(5,), activation="tanh"),
        bd.ScaleMixture(unit=bd.PerLayer(last=bd.noise.Bernoulli(keep=0.8))),
    ),
    dataset="diabetes",
    num_rows=100,
    samplers=(
        bd.NUTS(num_warmup=500, num_samples=500, target_accept_prob=0.9),
        bd.HMC(
            num_warmup=500,
            num_samples=1000,
            num_steps=32,
            target_accept_prob=0.9,
            discrete="gibbs",
        ),
    ),
)

"""Diabetes, all rows of split 0: no noise, Gaussian weights; one hidden layer of 50."""

import bayesdrop as bd

REFERENCE = bd.ReferenceProblem(
    model=bd.Model(bd.MLP(hidden=(50,))),
    dataset="diabetes",
    samplers=(
        bd.NUTS(num_warmup=500, num_samples=500),
        bd.HMC(num_warmup=500, num_samples=500, num_steps=64),
    ),
)

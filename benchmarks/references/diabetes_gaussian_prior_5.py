"""Diabetes, all rows of split 0: no noise, Gaussian weights; one hidden layer of 5."""

import bayesdrop as bd

REFERENCE = bd.ReferenceProblem(
    model=bd.Model(bd.MLP(hidden=(5,), activation="tanh")),
    dataset="diabetes",
    samplers=(
        bd.NUTS(num_warmup=1000, num_samples=1000, target_accept_prob=0.9),
        bd.HMC(num_warmup=1000, num_samples=1000, num_steps=32, target_accept_prob=0.9),
    ),
)

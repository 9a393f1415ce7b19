"""Diabetes, all rows of split 0: dropout of the 5 hidden units, kept with probability 0.8."""

import bayesdrop as bd

REFERENCE = bd.ReferenceProblem(
    model=bd.Model(
        bd.MLP(hidden=(5,), activation="tanh"),
        bd.ScaleMixture(unit=bd.PerLayer(last=bd.noise.Bernoulli(keep=0.8))),
    ),
    dataset="diabetes",
    samplers=(
        bd.NUTS(num_warmup=1000, num_samples=1000, target_accept_prob=0.9),
        bd.HMC(
            num_warmup=1000,
            num_samples=1000,
            num_steps=32,
            target_accept_prob=0.9,
            discrete="gibbs",
        ),
    ),
)

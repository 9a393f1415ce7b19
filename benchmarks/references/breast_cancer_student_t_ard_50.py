"""Breast cancer, all rows of split 0: two classes, Student-t ARD; one hidden layer of 50."""

import bayesdrop as bd

REFERENCE = bd.ReferenceProblem(
    model=bd.Model(
        bd.MLP(hidden=(50,)),
        bd.ARD(bd.noise.InverseNakagami(shape=3.0, rate=3.0)),
        bd.Bernoulli(),
    ),
    dataset="breast_cancer",
    samplers=(
        bd.NUTS(num_warmup=500, num_samples=500),
        bd.HMC(num_warmup=500, num_samples=500, num_steps=64),
    ),
)

"""Breast cancer, 100 rows: Student-t ARD, 5 units.

The target has two classes. Each unit of the one hidden layer, and each feature, has a scale.
"""

import bayesdrop as bd

REFERENCE = bd.ReferenceProblem(
    model=bd.Model(
        bd.MLP(hidden=(5,), activation="tanh"),
        bd.ARD(bd.noise.InverseNakagami(shape=3.0, rate=3.0)),
        bd.Bernoulli(),
    ),
    dataset="breast_cancer",
    num_rows=100,
    samplers=(
        bd.NUTS(num_warmup=1000, num_samples=1000, target_accept_prob=0.9),
        bd.HMC(num_warmup=1000, num_samples=1000, num_steps=32, target_accept_prob=0.9),
    ),
)

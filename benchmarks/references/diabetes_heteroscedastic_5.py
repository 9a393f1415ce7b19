"""Diabetes, all rows: noise that depends on x, Student-t ARD, 5 units.

The second output is the log of the noise's standard deviation.
"""

import bayesdrop as bd

REFERENCE = bd.ReferenceProblem(
    model=bd.Model(
        bd.MLP(hidden=(5,), activation="tanh"),
        bd.ARD(bd.noise.InverseNakagami(shape=3.0, rate=3.0)),
        bd.HeteroscedasticGaussian(),
    ),
    dataset="diabetes",
    samplers=(
        bd.NUTS(num_warmup=1000, num_samples=1000, target_accept_prob=0.9),
        bd.HMC(num_warmup=1000, num_samples=1000, num_steps=32, target_accept_prob=0.9),
    ),
)

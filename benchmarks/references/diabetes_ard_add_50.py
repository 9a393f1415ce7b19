"""Diabetes, all rows: Student-t ARD-ADD, two layers of 50.

It is the catalog's model ard_add.
"""

import bayesdrop as bd

noise = bd.noise.InverseNakagami(shape=3.0, rate=3.0)
REFERENCE = bd.ReferenceProblem(
    model=bd.Model(bd.ResNet(), bd.ARDADD(noise, noise)),
    dataset="diabetes",
    samplers=(
        bd.NUTS(num_warmup=500, num_samples=500),
        bd.HMC(num_warmup=500, num_samples=500, num_steps=64),
    ),
)

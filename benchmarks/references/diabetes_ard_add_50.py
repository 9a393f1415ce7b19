"""Diabetes, all rows of split 0: ARD-ADD, the catalog's ard_add; two layers of 50."""

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

"""A reference that is made up: 100 draws of a linear model of the diabetes data."""

from __future__ import annotations

import numpy as np

import bayesdrop as bd
from bayesdrop.references.checks import Mixed
from bayesdrop.references.reference import Run

PROBLEM = bd.ReferenceProblem(
    model=bd.Model(bd.MLP(()), bd.ARD(bd.noise.Rayleigh(1.0))),
    dataset="diabetes",
    num_rows=60,
    samplers=(bd.NUTS(num_warmup=10, num_samples=100), bd.HMC(num_warmup=10, num_samples=100)),
)


def made_up_reference() -> bd.Reference:
    """100 draws at the 64 inputs, around 150 with a noise of about 50."""
    rng = np.random.default_rng(0)
    rows = PROBLEM.rows()
    good = Mixed(4, 100, 1.002, 1.001, 1500.0, 1400.0, 0, 0)
    runs = [Run(sampler, seed, 2.5, good) for seed, sampler in enumerate(PROBLEM.samplers)]
    return bd.Reference(
        name="made_up",
        problem=PROBLEM,
        X=rows.X,
        y_test=rows.y_test,
        parameters={
            "loc": (150 + 40 * rng.normal(size=(100, 64, 1))).astype(np.float32),
            "scale": (50 + rng.random((100, 1, 1))).astype(np.float32),
        },
        scales={"unit_scale_0": rng.random((100, 10)).astype(np.float32)},
        runs=(runs[0], runs[1]),
        disagreement={"mean": 2.5, "sd": 1.0, "q05": 3.0, "q95": 2.0},
        versions={"bayesdrop": "0.1.0"},
        dataset_sha256=PROBLEM.load_data().sha256,
        rows_sha256=rows.sha256,
    )

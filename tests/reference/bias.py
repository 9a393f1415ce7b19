"""How far each inexact method's f(x) is from the posterior's, on the tiny network.

    python tests/reference/bias.py

One Markdown line per method: the root mean square and the largest, over 20 points, of the error of
the mean of f in posterior standard deviations; the geometric mean over points of the ratio of
variances, method to posterior, with the smallest and the largest; the RMS error of the mean that a
second seed gives. The reference is the frozen long run that the tests use.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

import tiny_bnn

import bayesdrop as bd

LANGEVIN = {"num_warmup": 5000, "num_samples": 2500, "num_chains": 4, "steps_per_draw": 8}
METHODS: dict[str, bd.Inference] = {
    "NUTS, a short run": bd.NUTS(num_warmup=500, num_samples=1000, num_chains=2),
    "MCLMC, adjusted": bd.MCLMC(**LANGEVIN, adjusted=True),
    "MCLMC, energy variance 5e-4": bd.MCLMC(**LANGEVIN),
    "MCLMC, energy variance 0.1": bd.MCLMC(**LANGEVIN, desired_energy_var=0.1),
    "SGHMC, batches of 20": bd.SGHMC(batch_size=20, num_samples=2000),
    "SGHMC, batches of 20, a tenth of the step size": bd.SGHMC(
        batch_size=20,
        step_size=bd.SGHMC().step_size / 10,
        num_warmup=20_000,
        num_samples=2000,
        steps_per_draw=300,
    ),
    "SVI, mean-field": bd.SVI(num_steps=20_000),
    "SVI, low-rank": bd.SVI(guide="low_rank", num_steps=20_000),
    "SVI, full-rank": bd.SVI(guide="full_rank", num_steps=20_000),
    "SVI, structured": bd.SVI(guide="structured", num_steps=20_000),
    "SVI, flow": bd.SVI(guide="flow", num_steps=20_000),
    "SVI, dropout": bd.SVI(guide="dropout", num_steps=20_000, form="hierarchical"),
    "Stein VI, 10 particles": bd.SteinVI(num_steps=10_000),
    "variational EM": bd.VariationalEM(),
    "Laplace, linearised": bd.Laplace(),
    "Laplace, sampled": bd.Laplace(predictive="sampled"),
    "Laplace, last layer": bd.Laplace(subset="last_layer"),
    "deep ensemble of 10": bd.DeepEnsemble(num_members=10),
    "MAP": bd.MAP(),
    "MC dropout": bd.MCDropout(num_epochs=4000),
    "MC dropout, tail-adaptive": bd.MCDropout(num_epochs=4000, masks=10, weighting="tail-adaptive"),
}


def line(name: str, method: bd.Inference) -> str:
    """The table's row."""
    reference = tiny_bnn.Moments.of_reference()
    deviation = np.sqrt(reference.variance)
    draws = [
        tiny_bnn.function_draws(
            bd.fit(tiny_bnn.model(), *tiny_bnn.data(), method, seed=seed, progress=False)
        )
        for seed in (0, 1)
    ]
    errors = [(f.mean((0, 1)) - reference.mean) / deviation for f in draws]
    rms = [np.sqrt(np.mean(error**2)) for error in errors]
    ratio = draws[0].var((0, 1)) / reference.variance
    typical = np.exp(np.log(np.maximum(ratio, 1e-12)).mean()) if ratio.max() > 0 else 0.0
    return (
        f"| {name} | {rms[0]:.2f} | {abs(errors[0]).max():.2f} | {rms[1]:.2f} | {typical:.2f} "
        f"| {ratio.min():.2f} to {ratio.max():.2f} |"
    )


def main() -> None:
    """Print a line as soon as its fits are done."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--methods", nargs="+", default=list(METHODS), choices=list(METHODS))
    print("| method | RMS error of mean | largest | RMS, other seed | variance ratio | range |")
    print("|---|--:|--:|--:|--:|--:|")
    for name in parser.parse_args().methods:
        print(line(name, METHODS[name]), flush=True)


if __name__ == "__main__":
    main()

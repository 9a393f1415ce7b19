"""Bernoulli noise relaxed under SVI against exact inference: the bias by temperature.

    python benchmarks/speed/relaxation.py

A linear model of 8 features and an MLP of 8 units on 3 features with noise on both matrices.
Prints the inclusion probabilities that NUTS finds, by enumeration (Rao-Blackwellised) and, for the
MLP with its 2048 masks, by Gibbs sweeps; then those of mean-field SVI at several temperatures with
their largest and mean absolute gap, and the root mean squared gap of E f(x) over the rows, in units
of the posterior standard deviation of f(x).
"""

from __future__ import annotations

import argparse
import dataclasses

import numpy as np
from discrete import problems

import bayesdrop as bd


def inclusion(post: bd.Posterior) -> np.ndarray:
    """The inclusion probability of every boolean variable, in the order of the sites."""
    assert post.draws is not None
    known = post.fit.info.get("inclusion_probability", {})
    return np.concatenate(
        [
            np.ravel(known.get(site.name, post.draws[site.name].mean((0, 1))))
            for site in post.sites
            if site.support == "boolean"
        ]
    )


def main() -> None:
    """Print a table per model."""
    references = {
        "linear, 8 features": bd.NUTS(300, 500, 2, discrete="enumerate", max_tree_depth=6),
        "MLP of 8, 3 features": bd.NUTS(1000, 5000, 2, discrete="gibbs", max_tree_depth=6),
    }
    small = {"num_warmup": 50, "num_samples": 50}
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", nargs="+", default=list(references), help="default: all")
    parser.add_argument(
        "--temperatures",
        nargs="+",
        type=float,
        default=[1.0, 0.5, 0.2, 0.1],
        help="default: 1 .5 .2 .1",
    )
    parser.add_argument("--small", action="store_true", help="few draws and steps, to see it run")
    arguments = parser.parse_args()
    steps = 200 if arguments.small else bd.SVI().num_steps
    for title in arguments.models:
        sampler = dataclasses.replace(references[title], **(small if arguments.small else {}))
        model, (X, y) = problems()[title]
        exact = bd.fit(model, X, y, sampler, progress=False)
        reference, f = inclusion(exact), exact.predict(X)
        print(
            f"{title}\n{'':12}{'max gap':>9}{'mean gap':>9}{'E f(x)':>8}  inclusion probabilities"
        )
        print(f"{'NUTS':12}{'':26}  {np.array2string(reference, precision=2)}", flush=True)
        for temperature in arguments.temperatures:
            settings = bd.SVI(num_steps=steps, temperature=temperature, num_samples=4000)
            post = bd.fit(model, X, y, settings, progress=False)
            found = inclusion(post)
            gap = np.abs(found - reference)
            off = np.sqrt(np.mean(((post.predict(X).mean - f.mean) / f.epistemic_std) ** 2))
            print(
                f"T = {temperature:<8}{gap.max():9.2f}{gap.mean():9.2f}{off:8.2f}  "
                f"{np.array2string(found, precision=2)}",
                flush=True,
            )


if __name__ == "__main__":
    main()

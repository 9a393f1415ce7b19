"""NUTS on the linear horseshoe with and without partly centred weights: divergences and cost.

    python benchmarks/speed/half_cauchy.py

100 rows of 100 features, 10 of them with coefficients of size 2 to 5, noise 1 unless ``--noise``
says otherwise; ARD with HalfCauchy(1), a learned noise scale; 4 chains of 1000 draws after a
warm-up of 1000, unless ``--draws`` and ``--warmup`` do. Prints, per form, centring and seed of the
data: divergences, the largest R-hat and smallest effective sample
size of log λ and of the weights, per 1000 gradients too, and mean leapfrog steps.
"""

from __future__ import annotations

import argparse

import numpy as np

import bayesdrop as bd
from bayesdrop.posterior.diagnosis.chain_statistics import ess_of_draws, rhat_of_draws

MODEL = bd.Model(bd.MLP(()), bd.ARD(bd.noise.HalfCauchy(1.0)))


def data(seed: int, noise: float) -> tuple[np.ndarray, np.ndarray]:
    """Features and target of a sparse linear model with noise of this standard deviation."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(100, 100))
    weights = np.zeros(100)
    weights[:10] = rng.choice([-1, 1], 10) * rng.uniform(2, 5, 10)
    return X, X @ weights + noise * rng.normal(size=100)


def row(method: bd.NUTS, seed: int, noise: float) -> str:
    """The line of the table of one fit."""
    post = bd.fit(MODEL, *data(seed, noise), method, seed, progress=False)
    draws, stats = post.draws, post.sample_stats
    assert draws is not None
    scale = draws["unit_scale_0"]
    if method.form == "hierarchical":
        weight = draws["weight_0"][..., 0]
    else:
        weight = draws["weight_0_base"][..., 0] * scale
    log_scale = np.log(scale)
    gradients = stats["n_steps"].sum() / 1e3
    ess = [float(ess_of_draws(value).min()) for value in (log_scale, weight)]
    rhat = max(float(rhat_of_draws(value).max()) for value in (log_scale, weight))
    return (
        f"{method.form:13}{method.centring or '–'!s:>9}{method.target_accept_prob:8}{seed:6}"
        f"{100 * stats['diverging'].mean():10.2f} %{rhat:8.3f}{ess[0]:8.0f}{ess[1]:8.0f}"
        f"{ess[0] / gradients:9.2f}{ess[1] / gradients:9.2f}{stats['n_steps'].mean():8.0f}"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2], help="default: 0 1 2")
    parser.add_argument("--centring", type=float, nargs="+", default=[0, 0.3], help="0: none")
    parser.add_argument("--forms", nargs="+", default=["expanded", "hierarchical"])
    parser.add_argument("--noise", type=float, default=1.0, help="default: 1")
    parser.add_argument("--warmup", type=int, default=1000, help="default: 1000")
    parser.add_argument("--draws", type=int, default=1000, help="default: 1000")
    parser.add_argument("--target", type=float, nargs="+", default=[0.8], help="acceptance")
    arguments = parser.parse_args()
    print(
        f"{'form':13}{'centring':>9}{'target':>8}{'data':>6}{'diverging':>12}{'R-hat':>8}"
        f"{'ESS l':>8}{'ESS w':>8}{'l/1000g':>9}{'w/1000g':>9}{'steps':>8}"
    )
    for form in arguments.forms:
        for centring in arguments.centring:
            for target in arguments.target:
                for seed in arguments.seeds:
                    method = bd.NUTS(
                        arguments.warmup,
                        arguments.draws,
                        form=form,
                        centring=centring or None,
                        target_accept_prob=target,
                    )
                    print(row(method, seed, arguments.noise), flush=True)


if __name__ == "__main__":
    main()

"""Does BlackJAX's ready-made preconditioning mix faster? Effective draws of f(x) per gradient.

    python benchmarks/speed/preconditioning.py --datasets yacht energy

One line per data set and contender: NUTS after BlackJAX's window adaptation of a diagonal and of a
low-rank mass matrix (Seyboldt et al. 2026); MCLMC with a diagonal and a low-rank one
(``mclmc_lrd_warmup``); and LAPS, the late adjusted parallel sampler. All move on the density that
bayesdrop's samplers move on, from trained starts. Printed: gradients (training, warm-up
and draws), seconds with compilation, the largest R-hat and the smallest effective sample size of
f(x) at the training inputs, that size per 1000 gradients, and the median σ in the target's unit.
LAPS keeps the last state of each of its many chains: its effective draws are their number, whether
or not they have arrived, which σ tells. ``--small`` runs on little, to see that it works.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import jax
import numpy as np
from ready_made.late_adjusted import late_adjusted
from ready_made.mclmc import mclmc_diagonal, mclmc_low_rank
from ready_made.nuts import nuts
from ready_made.problem import SMALL, Draws, Problem, Size, problem_of

import bayesdrop as bd
from bayesdrop import catalog
from bayesdrop.posterior.diagnosis.chain_statistics import ess_of_draws, rhat_of_draws

HEADER = (
    f"{'data':10}{'contender':18}{'gradients':>12}{'seconds':>9}{'R-hat f':>9}{'ESS f':>8}"
    f"{'/1000 g':>9}{'σ':>10}"
)
CONTENDERS: dict[str, Callable[[Problem, Any, Size], Draws]] = {
    "NUTS diagonal": lambda *given: nuts(*given, low_rank=False),
    "NUTS low-rank": lambda *given: nuts(*given, low_rank=True),
    "MCLMC diagonal": mclmc_diagonal,
    "MCLMC low-rank": mclmc_low_rank,
    "LAPS": late_adjusted,
}


def row(dataset: str, name: str, problem: Problem, draws: Draws, size: Size, seconds: float) -> str:
    """The line of the table of one contender under :data:`HEADER`."""
    f, scale = problem.outputs(draws.vectors)
    f = np.asarray(f, dtype=np.float64)
    trained = size.laps_chains if name == "LAPS" else size.chains
    thousands = (draws.gradients + trained * size.training) / 1000
    ess = float(ess_of_draws(f).min())
    return (
        f"{dataset:10}{name:18}{1000 * thousands:12,.0f}{seconds:9.0f}"
        f"{float(rhat_of_draws(f).max()):9.3f}{ess:8.0f}{ess / thousands:9.3f}"
        f"{float(np.median(scale)):10.4g}"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--datasets", nargs="+", default=["diabetes"], help="default: diabetes")
    parser.add_argument("--model", default="ard_add", help="of the catalog; default: ard_add")
    parser.add_argument("--contenders", nargs="+", default=list(CONTENDERS), help="default: all")
    parser.add_argument("--seed", type=int, default=0, help="default: 0")
    parser.add_argument("--small", action="store_true")
    arguments = parser.parse_args()
    model = catalog.load("models", arguments.model).value
    size = SMALL if arguments.small else Size()
    print(HEADER)
    for dataset in arguments.datasets:
        problem = problem_of(model, bd.load_dataset(dataset).split(0), size.training)
        keys = jax.random.split(jax.random.key(arguments.seed), size.chains)
        for name in arguments.contenders:
            start = time.perf_counter()
            draws = jax.block_until_ready(CONTENDERS[name](problem, keys, size))
            seconds = time.perf_counter() - start
            print(row(dataset, name, problem, draws, size, seconds), flush=True)


if __name__ == "__main__":
    main()

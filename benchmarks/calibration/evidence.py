"""Which prior do the data prefer? The log evidence of noises and structures, by ``bd.SMC``.

    python benchmarks/calibration/evidence.py --out results/evidence
    python benchmarks/calibration/evidence.py --out results/evidence --table

The prior of each model of the catalog is put on one small residual network (``--hidden`` units), so
that particles can follow from the prior to the posterior. A fit is a file, so a stopped run
goes on. The table has log p(y | X) of the standardised target, and how far it is below the best
prior's. Independent runs must agree within 1 nat. Else the table says "not converged", and more
particles or moves are needed (``--particles``, ``--moves``).
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

import bayesdrop as bd
from bayesdrop import catalog
from bayesdrop.files import replacing

MODELS = (
    "gaussian_prior",
    "gaussian_ard",
    "laplace_ard",
    "student_t_ard",
    "horseshoe_ard",
    "regularized_horseshoe_ard",
    "add",
    "ard_add",
    "drop_connect",
)
AGREE = 1.0  # nats


def fitted(name: str, dataset: str, arguments: argparse.Namespace) -> dict[str, Any]:
    """The evidence of a model by every run, and what that took."""
    model = catalog.load("models", name).value
    data = bd.load_dataset(dataset)
    rows = np.random.default_rng(0).permutation(len(data.X))[: arguments.rows]
    method = bd.SMC(
        num_particles=arguments.particles,
        num_mcmc_steps=arguments.moves,
        num_runs=arguments.runs,
    )
    start = time.perf_counter()
    model = replace(model, network=bd.ResNet(hidden=arguments.hidden))
    post = bd.fit(model, data.X[rows], data.y[rows], method, seed=0)
    return {
        "model": str(post.model),
        "inference": str(method),
        "rows": len(rows),
        "runs": post.fit.info["log_evidence"],
        "log_evidence": post.log_evidence,
        "gradients": post.fit.info["gradients"],
        "seconds": time.perf_counter() - start,
    }


def table(out: Path, dataset: str) -> str:
    """The priors of a data set that are there, the best first, in Markdown."""
    found = {
        path.stem: json.loads(path.read_text()) for path in sorted((out / dataset).glob("*.json"))
    }
    lines = [f"\n{dataset}\n", "| prior | log evidence | below the best | runs differ by | |"]
    lines.append("|---|---|---|---|---|")
    order = sorted(found, key=lambda name: -found[name]["log_evidence"])
    for name in order:
        one = found[name]
        apart = max(one["runs"]) - min(one["runs"])
        below = found[order[0]]["log_evidence"] - one["log_evidence"]
        words = "" if apart <= AGREE else "not converged"
        lines.append(
            f"| {name} | {one['log_evidence']:.2f} | {below:.2f} | {apart:.2f} | {words} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Run what is missing, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("results/evidence"))
    parser.add_argument("--models", nargs="+", default=list(MODELS), help="of the catalog")
    parser.add_argument("--datasets", nargs="+", default=["yacht", "boston", "diabetes"])
    parser.add_argument("--rows", type=int, default=200, help="at most, drawn once; default: 200")
    parser.add_argument("--hidden", type=int, default=5, help="units of a layer; default: 5")
    parser.add_argument("--particles", type=int, default=2048, help="default: 2048")
    parser.add_argument("--moves", type=int, default=8, help="in a stage; default: 8")
    parser.add_argument("--runs", type=int, default=4, help="independent runs; default: 4")
    parser.add_argument("--table", action="store_true", help="run nothing, print what is there")
    arguments = parser.parse_args()
    for dataset in arguments.datasets:
        for name in () if arguments.table else arguments.models:
            path = arguments.out / dataset / f"{name}.json"
            if path.exists():
                continue
            found = fitted(name, dataset, arguments)
            path.parent.mkdir(parents=True, exist_ok=True)
            with replacing(path) as temporary:
                temporary.write_text(json.dumps(found))
        print(table(arguments.out, dataset), flush=True)


if __name__ == "__main__":
    main()

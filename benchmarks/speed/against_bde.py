"""ARD-ADD by MCLMC and Bayesian deep ensembles (bde) on the same splits: scores and wall time.

    python benchmarks/speed/against_bde.py --datasets yacht energy concrete --splits 0 1 2 3 4

The two take turns, and who is first changes from split to split. A line per fit has its RMSE, its
NLL and its seconds. MCLMC compiles in its first split of a data set alone, and bde in every fit,
since each is a process of its own. Then a line per contender has the means, and the ratio of its
seconds to those of the last contender. A fit that fails is a line that says so, and its split
counts for neither. ``--set`` changes settings of MCLMC. They must not be chosen by these scores,
which are of test rows. bde needs an environment of its own: its refusal says how to make it.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import time
from typing import NamedTuple

import numpy as np

import bayesdrop as bd
from bayesdrop import catalog

CONTENDERS = {"ARD-ADD, MCLMC": ("ard_add", "mclmc"), "bde": ("gaussian_prior", "bde")}


class Run(NamedTuple):
    """What one fit reached, and its wall time."""

    rmse: float
    nll: float
    seconds: float


def run(split: bd.Split, model: bd.Model, method: bd.Inference, seed: int) -> Run:
    """Fit and score."""
    start = time.perf_counter()
    post = bd.fit(model, split.X_train, split.y_train, method, seed=seed, progress=False)
    seconds = time.perf_counter() - start
    scores = bd.evaluate(post.predict(split.X_test), split.y_test)
    return Run(scores["rmse"], scores["nll"], seconds)


def line(place: str, name: str, found: Run) -> str:
    """A row of the table."""
    return f"{place:14}{name:16}{found.rmse:9.4f}{found.nll:9.3f}{found.seconds:9.0f}"


def main() -> None:
    """Print a line per fit, and then the means over the splits that both have."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--datasets", nargs="+", default=["yacht", "energy", "concrete"])
    parser.add_argument("--splits", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--contenders", nargs="+", default=list(CONTENDERS), choices=CONTENDERS)
    parser.add_argument("--set", nargs="*", default=[], help="for example num_warmup=20000")
    arguments = parser.parse_args()
    changes = {name: json.loads(value) for name, value in (s.split("=") for s in arguments.set)}
    for name in arguments.contenders:
        of_model, of_method = CONTENDERS[name]
        model = catalog.load("models", of_model).value
        if reason := catalog.load("inference", of_method).value.supports(model):
            parser.error(f"{name}: {reason}")
    print(f"{'':14}{'':16}{'RMSE':>9}{'NLL':>9}{'seconds':>9}{'ratio':>8}")
    for dataset in arguments.datasets:
        found: dict[str, dict[int, Run]] = {name: {} for name in arguments.contenders}
        for turn, index in enumerate(arguments.splits):
            split = bd.load_dataset(dataset).split(index)
            for name in arguments.contenders[:: -1 if turn % 2 else 1]:
                of_model, of_method = CONTENDERS[name]
                method = catalog.load("inference", of_method).value
                if of_method == "mclmc":
                    method = dataclasses.replace(method, **changes)
                try:
                    own = run(split, catalog.load("models", of_model).value, method, seed=index)
                except (FloatingPointError, RuntimeError) as error:
                    print(f"{dataset:9}{index:3}  {name:16} failed: {error}", flush=True)
                    continue
                found[name][index] = own
                print(line(f"{dataset:9}{index:3}", name, own), flush=True)
        shared = set.intersection(*(set(runs) for runs in found.values()))
        if not shared:
            print(f"{dataset}: no split has every contender")
            continue
        means = {
            name: Run(*np.mean([runs[index] for index in sorted(shared)], axis=0))
            for name, runs in found.items()
        }
        for name, mean in means.items():
            ratio = mean.seconds / means[arguments.contenders[-1]].seconds
            print(f"{line(f'{dataset} mean', name, mean)}{ratio:8.2f}", flush=True)


if __name__ == "__main__":
    main()

"""Memory of predictions on protein: every one of 45,730 rows under 1,000 draws.

    python benchmarks/speed/memory.py

Each line is the process's peak so far, and how long the step took: loading, fitting, mean and
standard deviation alone, predicting, 90 % intervals, scoring and diagnosing. Predictions are
(draws, rows) float32 per parameter of the likelihood, of which the Gaussian's mean is the large
one: 174 MiB. Activations, 50 units of 1,000 draws and all rows, would be 8.5 GiB if they were not
computed in chunks.
"""

from __future__ import annotations

import argparse
import json
import resource
import time

import numpy as np

import bayesdrop as bd
from bayesdrop import catalog


def peak() -> float:
    """The process's largest resident size so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Print a line per phase and, last, one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", default="protein", help="default: protein")
    parser.add_argument("--model", default="ard_add", help="default: ard_add")
    parser.add_argument("--draws", type=int, default=1000, help="default: 1000")
    parser.add_argument("--steps", type=int, default=2000, help="of SVI; default: 2000")
    arguments = parser.parse_args()
    model = catalog.load("models", arguments.model).value
    data = bd.load_dataset(arguments.dataset)
    split, found = data.split(0), {}
    X = np.concatenate([split.X_train, split.X_test])
    y = np.concatenate([split.y_train, split.y_test])

    clock = [time.perf_counter()]

    def note(phase: str) -> None:
        clock.append(time.perf_counter())
        found[phase] = round(peak())
        print(f"{phase:12}{found[phase]:8,} MiB{clock[-1] - clock[-2]:8.1f} s", flush=True)

    note("loaded")
    method = bd.SVI(num_steps=arguments.steps, batch_size=256, num_samples=arguments.draws)
    post = bd.fit(model, split.X_train, split.y_train, method, progress=False)
    note("fitted")
    post.predict(X, return_std=True)
    note("mean, std")
    prediction = post.predict(X)
    note("predicted")
    prediction.interval(0.9)
    note("interval")
    scores = bd.evaluate(prediction, y)
    note("scored")
    post.diagnose(X)
    note("diagnosed")
    print(json.dumps({"rows": len(X), "rmse": scores["rmse"], "nll": scores["nll"], **found}))


if __name__ == "__main__":
    main()

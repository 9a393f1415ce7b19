"""Memory of predictions on protein: every one of 45,730 rows under 1,000 draws.

    python benchmarks/speed/memory.py

Each line is the process's peak so far, after loading, fitting, predicting, scoring and
diagnosing. Predictions are (draws, rows) float32 per parameter of the likelihood, of which the
Gaussian's mean is the large one: 174 MiB. Activations, 50 units of 1,000 draws and all rows, would
be 8.5 GiB if they were not computed in chunks.
"""

from __future__ import annotations

import argparse
import json
import resource

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
    arguments = parser.parse_args()
    model = catalog.load("models", arguments.model).value
    data = bd.load_dataset(arguments.dataset)
    split, found = data.split(0), {}
    X = np.concatenate([split.X_train, split.X_test])
    y = np.concatenate([split.y_train, split.y_test])

    def note(phase: str) -> None:
        found[phase] = round(peak())
        print(f"{phase:12}{found[phase]:8,} MiB", flush=True)

    note("loaded")
    method = bd.SVI(num_steps=2000, batch_size=256, num_samples=1000)
    post = bd.fit(model, split.X_train, split.y_train, method, progress=False)
    note("fitted")
    prediction = post.predict(X)
    note("predicted")
    scores = bd.evaluate(prediction, y)
    note("scored")
    post.diagnose(X)
    note("diagnosed")
    print(json.dumps({"rows": len(X), "rmse": scores["rmse"], "nll": scores["nll"], **found}))


if __name__ == "__main__":
    main()

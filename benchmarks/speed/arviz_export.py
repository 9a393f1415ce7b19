"""Time and memory of exporting a fit of many rows to ArviZ, and of what can be added on request.

    python benchmarks/speed/arviz_export.py

The rows are made up; draws are of SVI. "At once" is the posterior predictive of all draws and rows
in one piece, which every export held before it was made in chunks. Each contender runs once: its
seconds, and the most that Python and NumPy had allocated at a time beyond the fit itself.
"""

from __future__ import annotations

import argparse
import json
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np

import bayesdrop as bd
from bayesdrop.posterior.export.arviz import to_datatree


def fitted(rows: int, draws: int) -> bd.Posterior:
    """A fit of a network of 50 units to 8 features."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(rows, 8))
    y = np.sin(X[:, 0]) + X[:, 1] * X[:, 2] + 0.3 * rng.normal(size=rows)
    model = bd.Model(bd.MLP((50,)), bd.ScaleMixture())
    method = bd.SVI(num_steps=500, batch_size=256, num_samples=draws)
    return bd.fit(model, X, y, method, progress=False)


def at_once(posterior: bd.Posterior) -> Any:
    """The export as it was: with a posterior predictive that is made in one piece."""
    prediction = posterior.predict_standardised(posterior.training.X_standardised)
    rng = np.random.default_rng(0)
    y = prediction.likelihood.family.sample(prediction.parameters, rng)
    return to_datatree(posterior), y.reshape(1, -1, *posterior.training.target.shape)


CONTENDERS: dict[str, Callable[[bd.Posterior], Any]] = {
    "at once": at_once,
    "nothing asked": to_datatree,
    "posterior_predictive": lambda post: to_datatree(post, posterior_predictive=True),
    "log_likelihood": lambda post: to_datatree(post, log_likelihood=True),
    "both": lambda post: to_datatree(post, log_likelihood=True, posterior_predictive=True),
}


def cost(function: Callable[[bd.Posterior], Any], posterior: bd.Posterior) -> dict[str, float]:
    """The seconds that ``function`` takes, and the most MiB that it has allocated at a time."""
    tracemalloc.start()
    start = time.perf_counter()
    function(posterior)
    seconds, most = time.perf_counter() - start, tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return {"seconds": round(seconds, 2), "mib": round(most / 2**20)}


def main() -> None:
    """Print a line per contender and, last, one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=20_000, help="default: 20000")
    parser.add_argument("--draws", type=int, default=300, help="default: 300")
    arguments = parser.parse_args()
    posterior = fitted(arguments.rows, arguments.draws)
    to_datatree(posterior)  # imports
    found = {name: cost(function, posterior) for name, function in CONTENDERS.items()}
    for name, spent in found.items():
        print(f"{name:22}{spent['seconds']:8.2f} s{spent['mib']:8,} MiB")
    print(json.dumps({"rows": arguments.rows, "draws": arguments.draws, **found}))


if __name__ == "__main__":
    main()

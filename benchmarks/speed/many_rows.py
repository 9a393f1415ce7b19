"""Memory and time of what is asked of predictions of many rows.

    python benchmarks/speed/many_rows.py --rows 50000 --passes 1000

MC dropout is trained for one epoch, since the weights do not matter here. Each line is the
process's peak so far, and how long the step took: mean and standard deviation alone, all draws,
90 % intervals. One float32 array of all draws and rows, which is the unit, holds the means; the
noise scale is the same in all rows, and is held once.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import bayesdrop as bd


def peak() -> float:
    """The process's largest resident size so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Print a line per step and, last, one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=50_000, help="default: 50000")
    parser.add_argument("--passes", type=int, default=1000, help="default: 1000")
    arguments = parser.parse_args()
    rng = np.random.default_rng(0)
    X, new = rng.normal(size=(100, 5)), rng.normal(size=(arguments.rows, 5))
    model = bd.Model(bd.MLP((50,)), bd.ARD(bd.noise.Bernoulli(0.9)))
    method = bd.MCDropout(num_epochs=1, num_passes=arguments.passes, mask_sharing="shared")
    post = bd.fit(model, X, X.sum(1), method, progress=False)
    found: dict[str, tuple[int, float]] = {}

    def step(name: str, function: Callable[[], Any]) -> Any:
        start = time.perf_counter()
        result = function()
        found[name] = round(peak()), round(time.perf_counter() - start, 1)
        print(f"{name:12}{found[name][0]:8,} MiB{found[name][1]:8.1f} s", flush=True)
        return result

    print(f"{'unit':12}{4 * arguments.rows * arguments.passes / 2**20:8,.0f} MiB")
    step("fitted", lambda: None)
    step("mean, std", lambda: post.predict(new, return_std=True))
    prediction = step("all draws", lambda: post.predict(new))
    step("interval", lambda: prediction.interval(0.9))
    print(json.dumps(found))


if __name__ == "__main__":
    main()

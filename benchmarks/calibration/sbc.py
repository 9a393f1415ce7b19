"""Is every method calibrated? Simulation-based calibration of the pairs in ``pairs.py``.

    python benchmarks/calibration/sbc.py --out results/sbc
    python benchmarks/calibration/sbc.py --out results/sbc --table

Each pair is fitted to 1,000 data sets that are simulated from its prior, in blocks of 50. A block
is a file, so a run that was stopped goes on where it was. ``--jobs`` pairs run side by side, one
core each. After ``--hours`` no block is begun. The table has a line for each pair: the p-value of
uniform ranks of all its quantities, corrected by Holm's method for the number of pairs, and the
quantity that deviates most. Methods that approximate the posterior are shown below the others, and
judged by no p-value.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from functools import reduce
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from pairs import APPROXIMATE, EXACT
from statsmodels.stats.multitest import multipletests

import bayesdrop as bd
from bayesdrop.files import replacing

BLOCK, ROWS, LEVEL = 50, 20, 0.05
NUM_DRAWS = 25  # of some 2,000, so that those that are ranked are nearly independent
X = np.random.default_rng(20190610).normal(size=(ROWS, 2))
ALL = EXACT | APPROXIMATE
HEADER = f"{'pair':62}{'n':>6}{'p, Holm':>9}{'':>13}{'worst':>16}{'spread':>8}{'s/fit':>7}"


def block_path(out: Path, name: str, first: int) -> Path:
    """The file of the block that begins with data set ``first``."""
    return out / f"{name}-{first:05d}.json"


def run(name: str, out: Path, n: int, until: float) -> str:
    """Fit the blocks of a pair that are not there yet, and name it."""
    for first in range(0, n, BLOCK):
        path = block_path(out, name, first)
        if path.exists() or time.time() > until:
            continue
        one = ALL[name]
        found = bd.sbc(
            one.model,
            one.inference,
            X,
            min(BLOCK, n - first),
            num_draws=NUM_DRAWS,
            first=first,
            progress=False,
        )
        with replacing(path) as temporary:
            temporary.write_text(json.dumps(found.to_dict()))
    return name


def collected(out: Path, name: str) -> bd.Calibration | None:
    """All blocks of a pair that are there."""
    paths = sorted(out.glob(f"{name}-[0-9]*.json"))
    parts = [bd.Calibration.from_dict(json.loads(path.read_text())) for path in paths]
    return reduce(bd.Calibration.joined, parts) if parts else None


def table(out: Path, names: Iterable[str]) -> str:
    """The lines under :data:`HEADER`, of those pairs that have a block."""
    found = {name: one for name in names if (one := collected(out, name)) is not None}
    exact = [name for name in found if name in EXACT]
    adjusted: dict[str, float] = {}
    if exact:
        corrected: Any = multipletests([found[name].p_value for name in exact], LEVEL, "holm")[1]
        adjusted = dict(zip(exact, corrected, strict=True))
    lines = [HEADER]
    for name, one in found.items():
        p = adjusted.get(name)
        verdict = "approximate" if p is None else "calibrated" if p >= LEVEL else "NOT UNIFORM"
        p_values = one.p_values
        worst = min(p_values, key=lambda quantity: p_values[quantity])
        spread = one.spread(worst)
        lines.append(
            f"{name:62}{one.n:6}{'' if p is None else f'{p:.3f}':>9}{verdict:>13}{worst:>16}"
            f"{spread:8.2f}{one.seconds / one.n:7.2f}"
        )
    lines += [f"{name}: {one.summary}" for name, one in found.items() if ";" in one.summary]
    return "\n".join(lines)


def main() -> None:
    """Run what is missing, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("results/sbc"))
    parser.add_argument("--pairs", nargs="+", choices=list(ALL), default=list(ALL), metavar="PAIR")
    parser.add_argument("--n", type=int, default=1000, help="data sets of a pair; default: 1000")
    parser.add_argument("--jobs", type=int, default=2, help="pairs side by side; default: 2")
    parser.add_argument("--hours", type=float, default=8.0, help="default: 8")
    parser.add_argument("--table", action="store_true", help="run nothing, print what is there")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    if not arguments.table:
        os.environ["OMP_NUM_THREADS"] = "1"  # of the processes below: a core each
        until = time.time() + 3600 * arguments.hours
        with ProcessPoolExecutor(arguments.jobs, get_context("spawn")) as pool:
            runs = [
                pool.submit(run, arguments.out, name, arguments.n, until)
                for name in arguments.pairs
            ]
            for done in runs:
                print(f"done: {done.result()}", flush=True)
    print(table(arguments.out, arguments.pairs))


if __name__ == "__main__":
    main()

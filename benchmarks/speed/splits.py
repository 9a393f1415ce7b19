"""The splits of a data set in one run, against a run for each split, row by row of a suite.

    python benchmarks/speed/splits.py poster --dataset yacht

Both are the command ``bayesdrop run``, each process with an empty folder for what JAX compiles.
Of the runs of one split the first ``--alone`` are made and their mean is multiplied by the number
of splits. A ratio is that over the wall time of the one run. With ``--out`` the one run
is written to (and must find nothing of the row in) that results folder, so that it is not lost.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bayesdrop import catalog, load_dataset
from bayesdrop.benchmark.run.plan import Selection, cells_of, groups_of
from bayesdrop.benchmark.run.store import Store

COMMAND = (sys.executable, "-c", "from bayesdrop.cli import app; app()")
HEADER = f"{'model × inference':44}{'one run, s':>12}{'run for each, s':>17}{'ratio':>8}"


def seconds(suite: str, row: tuple[str, str, str], splits: str, out: Path) -> float:
    """Wall time of one process that runs these splits of the row."""
    model, inference, dataset = row
    command = [*COMMAND, "run", suite, "--out", str(out)]
    command += ["--models", model, "--inference", inference, "--datasets", dataset]
    with tempfile.TemporaryDirectory() as compiled:
        environment = os.environ | {"JAX_COMPILATION_CACHE_DIR": compiled}
        start = time.perf_counter()
        subprocess.run(
            [*command, "--splits", splits],
            env=environment,
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        return time.perf_counter() - start


def measured(
    suite: str, row: tuple[str, str, str], splits: int, alone: int, out: Path | None
) -> tuple[float, float]:
    """Wall time of one run of all splits, and that of a run for each."""
    with tempfile.TemporaryDirectory() as folder:
        each = [seconds(suite, row, str(k), Path(folder) / str(k)) for k in range(alone)]
        together = seconds(suite, row, f"0:{splits}", out or Path(folder) / "all")
    return together, statistics.mean(each) * splits


def main() -> None:
    """Print a line per row and, last, one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("suite")
    parser.add_argument("--dataset", default="yacht", help="default: yacht")
    parser.add_argument("--models", help="names, separated by commas; default: all")
    parser.add_argument("--inference", help="names, separated by commas; default: all")
    parser.add_argument("--splits", type=int, help="default: all")
    parser.add_argument("--alone", type=int, default=3, help="default: 3")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    splits = arguments.splits or load_dataset(arguments.dataset).n_splits
    only = Selection.parse(arguments.models, arguments.inference, arguments.dataset, "0")
    cells = cells_of(catalog.load("benchmarks", arguments.suite).value, only)
    result = {}
    print(f"{arguments.dataset}, {splits} splits\n{HEADER}")
    for cell, *_ in groups_of(cells):
        row = (cell.model.name, cell.inference.name, cell.dataset)
        if arguments.out is not None and Store(arguments.out).read(cell.key) is not None:
            parser.error(f"{arguments.out} has {cell.label} already: a run would take less time")
        one, each = measured(arguments.suite, row, splits, arguments.alone, arguments.out)
        name = f"{cell.model.name} × {cell.inference.name}"
        result[name] = {"one_run_s": one, "run_for_each_s": each, "ratio": each / one}
        print(f"{name:44}{one:12.1f}{each:17.1f}{each / one:8.2f}", flush=True)
    print(json.dumps({"dataset": arguments.dataset, "splits": splits, **result}))


if __name__ == "__main__":
    main()

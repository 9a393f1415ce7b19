"""The kept numbers on other processors: ``python tests/golden/elsewhere.py [environment ...]``.

The whole table, slow cases too, is computed in one process per environment, one after the other,
which imitates older processors and other numbers of threads. What is printed is how far the
numbers of each are from the kept ones; the tests allow 1e-4. ``--cases PATTERN`` computes those
alone whose names match the regular expression.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from golden_cases import CASES, new_rows
from golden_numbers import LIMIT, Deviation, summaries, worst
from golden_table import load, quick_compilation

from bayesdrop.programs.host_devices import use_host_devices

MARGIN = 3e-5
"""A deviation that is worth a shorter fit."""


class Environment(NamedTuple):
    """Variables of a process, and whether it runs on one core and with all of XLA's optimisations.

    ``variables`` are added to those of this process.
    """

    variables: dict[str, str]
    one_core: bool = False
    optimised: bool = False


ENVIRONMENTS = {
    "here": Environment({}),
    "optimised": Environment({}, optimised=True),
    "sse4.2": Environment({"XLA_FLAGS": "--xla_cpu_max_isa=SSE4_2"}),
    "avx": Environment({"XLA_FLAGS": "--xla_cpu_max_isa=AVX"}),
    "torch default": Environment({"ATEN_CPU_CAPABILITY": "default"}),
    "one device": Environment({"OMP_NUM_THREADS": "1"}),
    "one thread": Environment(
        {"OMP_NUM_THREADS": "1", "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false"}, one_core=True
    ),
    "all at once": Environment(
        {
            "OMP_NUM_THREADS": "1",
            "ATEN_CPU_CAPABILITY": "default",
            "XLA_FLAGS": "--xla_cpu_max_isa=SSE4_2 --xla_cpu_multi_thread_eigen=false",
        },
        one_core=True,
    ),
}


def main(names: Sequence[str], pattern: str = "") -> int:
    """Print the table of those environments; 1 where a deviation is above the limit."""
    beyond = False
    for name in names or ENVIRONMENTS:
        found = _deviations(ENVIRONMENTS[name], pattern)
        over = {case: one for case, one in found.items() if one.size > MARGIN}
        case, largest = max(found.items(), key=lambda pair: pair[1].size)
        print(
            f"{name}: {len(found)} cases, largest deviation {largest.size:.1e} ({case}: {largest})"
        )
        for case, one in over.items():
            print(f"    {case}: {one}")
        sys.stdout.flush()
        beyond |= largest.size > LIMIT
    return int(beyond)


def _deviations(environment: Environment, pattern: str) -> dict[str, Deviation]:
    """The largest deviation of every case, computed in a process of its own."""
    command = [sys.executable, str(Path(__file__)), "--child", "--cases", pattern]
    command += ["--optimised"] if environment.optimised else []
    cores = {min(os.sched_getaffinity(0))} if environment.one_core else os.sched_getaffinity(0)
    done = subprocess.run(
        command,
        env=os.environ | environment.variables,
        preexec_fn=lambda: os.sched_setaffinity(0, cores),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return {case: Deviation(*row) for case, row in json.loads(done.stdout).items()}


def _child(optimised: bool, pattern: str) -> None:
    """Compute every case, and write its largest deviation to the standard output as JSON."""
    use_host_devices()
    table, found = load(), {}
    for name, case in CASES.items():
        if not re.search(pattern, name):
            continue
        clock = time.process_time()
        if optimised:
            numbers = summaries(case.fits(), new_rows())
        else:
            with quick_compilation():
                numbers = summaries(case.fits(), new_rows())
        found[name] = worst(table[name]["numbers"], numbers)
        if not math.isfinite(found[name].size):
            raise SystemExit(f"{name} has other numbers than are kept: {found[name].name}")
        spent = time.process_time() - clock
        print(f"{name}: {spent:.1f} s, {found[name]}", file=sys.stderr, flush=True)
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("environment", nargs="*", metavar="environment")
    parser.add_argument("--cases", default="", help="a regular expression")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--optimised", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        _child(given.optimised, given.cases)
    else:
        raise SystemExit(main(given.environment, given.cases))

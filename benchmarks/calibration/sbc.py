"""Is every method calibrated? Simulation-based calibration of the pairs in ``pairs.py``.

    python benchmarks/calibration/sbc.py --out results/sbc
    python benchmarks/calibration/sbc.py --out results/sbc --table

Each pair is fitted to 1,000 data sets that are simulated from its prior, in blocks of 50. A block
is a file, so a run that was stopped goes on where it was, also with another ``--n``. All pairs have
their first block before one has its second. ``--jobs`` blocks run side by side and share the cores.
After ``--hours`` no block is begun.

The table has a line for each pair: the p-value of uniform ranks of all its quantities, the same
corrected by Holm's method for the number of pairs, and the quantity that deviates most. Ranks that
are uniform in fewer than 1,000 data sets are too few to judge. Methods that approximate the
posterior are shown below the others, and judged by no p-value. A picture of each pair's ranks lies
beside the blocks, and ``overview.png`` shows all pairs.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context, parent_process
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
from blocks import ALL, collected, in_rounds, run
from overview import overview
from pairs import EXACT
from statsmodels.stats.multitest import multipletests

import bayesdrop as bd
from bayesdrop.benchmark.run.machine import threads_of_each
from bayesdrop.show.style import save

LEVEL, ENOUGH = 0.05, 1000
HEAD = """
| method | noise | structure | likelihood | data sets | p | p by Holm | verdict | least uniform | \
its spread | R-hat > 1.05 | s a fit |
|---|---|---|---|---|---|---|---|---|---|---|---|""".strip()


def table(found: Mapping[str, bd.Calibration]) -> str:
    """A line for each pair, in Markdown."""
    exact = [name for name in found if name in EXACT]
    adjusted: dict[str, float] = {}
    if exact:
        corrected: Any = multipletests([found[name].p_value for name in exact], LEVEL, "holm")[1]
        adjusted = dict(zip(exact, corrected, strict=True))
    lines = [" | ".join(line(name, one, adjusted.get(name))) for name, one in found.items()]
    return "\n".join([HEAD, *(f"| {cells} |" for cells in lines)])


def line(name: str, one: bd.Calibration, p: float | None) -> tuple[str, ...]:
    """The cells of a pair, whose corrected p-value is ``p``; ``None`` of an approximation."""
    p_values = one.p_values
    worst = min(p_values, key=lambda quantity: p_values[quantity])
    return (
        *ALL[name][:4],
        str(one.n),
        "" if p is None else f"{one.p_value:.3f}",
        "" if p is None else f"{p:.3f}",
        verdict(p, one.n),
        worst,
        f"{one.spread(worst):.2f}",
        "" if np.isnan(one.rhat).all() else str(int(np.sum(one.rhat > 1.05))),
        f"{one.seconds / one.n:.2f}",
    )


def verdict(p: float | None, n: int) -> str:
    """What the corrected p-value of ``n`` data sets says; ``None`` of an approximation."""
    if p is None:
        return "approximate"
    if p < LEVEL:
        return "NOT UNIFORM"
    return "calibrated" if n >= ENOUGH else "too few"


def end_with_the_parent() -> None:
    """End this process when the one that started it is gone, also if that was killed."""
    parent = parent_process()
    if parent is not None:
        Thread(target=lambda: (parent.join(), os._exit(1)), daemon=True).start()


def run_blocks(names: Iterable[str], out: Path, n: int, jobs: int, hours: float) -> None:
    """Run what is missing of every pair, a block at a time."""
    os.environ |= threads_of_each(jobs)  # the processes below inherit it
    until = time.time() + 3600 * hours
    with ProcessPoolExecutor(jobs, get_context("spawn"), end_with_the_parent) as pool:
        blocks = {
            (name, first): pool.submit(run, name, first, out, n, until)
            for name, first in in_rounds(list(names), n)
        }
        for (name, first), block in blocks.items():
            block.result()
            print(f"{time.strftime('%H:%M')} {name}: from data set {first}", flush=True)


def main() -> None:
    """Run what is missing, print the table and draw the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("results/sbc"))
    parser.add_argument("--pairs", nargs="+", choices=list(ALL), default=list(ALL), metavar="PAIR")
    parser.add_argument("--n", type=int, default=1000, help="data sets of a pair; default: 1000")
    parser.add_argument("--jobs", type=int, default=2, help="blocks side by side; default: 2")
    parser.add_argument("--hours", type=float, default=8.0, help="default: 8")
    parser.add_argument("--table", action="store_true", help="run nothing, show what is there")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    if not given.table:
        run_blocks(given.pairs, given.out, given.n, given.jobs, given.hours)
    found = {name: one for name in given.pairs if (one := collected(given.out, name)) is not None}
    print(table(found))
    for name, one in found.items():
        save(bd.show.rank_ecdf(one), given.out / f"{name}.png")
    save(overview(found), given.out / "overview.png")


if __name__ == "__main__":
    main()

"""Run examples: save their pictures and their numbers.

    python docs/examples/run.py                     # every example in full, half an hour or so
    python docs/examples/run.py co2                 # one in full, in some minutes
    python docs/examples/run.py co2 --small         # one, in seconds, to see that it runs
    python docs/examples/run.py co2 --out folder

An example is a script ``plot_<name>.py`` of this folder. It draws with pyplot or bd.show. It
leaves what it found in a dictionary ``numbers``. Pictures and numbers go to ``results``. The file
of numbers also says how many seconds the script took, and on how many processors. Each file is
written whole or not at all. If a script fails, the others run, and the exit status is 1.
"""

from __future__ import annotations

import argparse
import json
import os
import runpy
import sys
import time
import traceback
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
from matplotlib.figure import Figure

import bayesdrop as bd
from bayesdrop.files import replacing
from bayesdrop.show.style import save

FOLDER = Path(__file__).parent
NAMES = sorted(path.stem.removeprefix("plot_") for path in FOLDER.glob("plot_*.py"))
DOWNLOADED = {"weights": "yacht"}
"""Example → the data set that must have been downloaded before it runs in full."""


def run(name: str, out: Path) -> dict[str, Any]:
    """Run one example; what its file says: its numbers, its seconds and the processors."""
    script = FOLDER / f"plot_{name}.py"
    clock = time.perf_counter()
    found = runpy.run_path(str(script), run_name="__main__")
    seconds = round(time.perf_counter() - clock, 1)
    figures = [plt.figure(index) for index in plt.get_fignums()]
    figures += [each for each in found.values() if isinstance(each, Figure) and each not in figures]
    for index, figure in enumerate(figures, start=1):
        save(figure, out / f"{name}_{index}.png")
    plt.close("all")
    out.mkdir(parents=True, exist_ok=True)
    result = {"numbers": found["numbers"], "processors": os.cpu_count(), "seconds": seconds}
    with replacing(out / f"{name}.json") as temporary:
        temporary.write_text(json.dumps(result, indent=1, sort_keys=True) + "\n")
    return result


def main() -> None:
    """Read the command line and run what it asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(NAMES))
    parser.add_argument("--small", action="store_true", help="seconds in place of minutes")
    parser.add_argument("--out", type=Path, help="the folder (default: results beside this file)")
    given = parser.parse_args()
    if strange := set(given.names) - set(NAMES):
        parser.error(f"no example is called {', '.join(sorted(strange))}: {', '.join(NAMES)}")
    names = given.names or NAMES
    if given.small:
        os.environ["BAYESDROP_SMALL"] = "1"
    else:
        for dataset in (DOWNLOADED[name] for name in names if name in DOWNLOADED):
            try:
                bd.load_dataset(dataset)
            except FileNotFoundError as error:
                parser.error(str(error))
    mpl.use("agg")
    out = given.out or FOLDER / ("small" if given.small else "results")
    failed = []
    for name in names:
        print(f"== {name}")
        try:
            print(f"== {name}: {run(name, out)['seconds']:.0f} s")
        except Exception:  # the others do not need it
            traceback.print_exc()
            failed.append(name)
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()

"""Is a sampler better with the noise scale integrated out? Effective draws per gradient, and σ.

    python benchmarks/speed/noise_scale.py --datasets yacht boston energy diabetes

One line per fit: whether σ is integrated out, and what ``forms.py`` prints. Both fits of a pair
have the same seed. Only training rows are used. ``--small`` runs in seconds, to see that it works.
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import time

from forms import HEADER, METHODS, SMALL, row

import bayesdrop as bd
from bayesdrop import catalog


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--datasets", nargs="+", default=["diabetes"], help="default: diabetes")
    parser.add_argument("--model", default="ard_add", help="of the catalog; default: ard_add")
    parser.add_argument("--samplers", nargs="+", default=list(METHODS), help="default: all")
    parser.add_argument("--seeds", type=int, default=1, help="default: 1")
    parser.add_argument("--small", action="store_true")
    arguments = parser.parse_args()
    model = catalog.load("models", arguments.model).value
    methods = SMALL if arguments.small else METHODS
    print(f"{'σ':8}{HEADER}")
    fits = itertools.product(
        arguments.datasets, arguments.samplers, range(arguments.seeds), (False, True)
    )
    for dataset, name, seed, integrated in fits:
        split = bd.load_dataset(dataset).split(0)
        settings = {"integrate_noise_scale": integrated}
        method = dataclasses.replace(methods[name], **settings)  # type: ignore[type-var]
        start = time.perf_counter()
        post = bd.fit(model, split.X_train, split.y_train, method, seed, progress=False)
        seconds = time.perf_counter() - start
        line = row(dataset, name, method, post, seconds)
        print(f"{'out' if integrated else 'sampled':8}{line}", flush=True)


if __name__ == "__main__":
    main()

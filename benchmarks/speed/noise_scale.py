"""Is a sampler better with the noise scale integrated out? Effective draws per gradient, and σ.

    python benchmarks/speed/noise_scale.py --datasets yacht boston energy diabetes

One line per fit: the sampler, whether σ is integrated out, gradients (training, warm-up and draws),
seconds, the largest R-hat and smallest effective sample size of f(x) at the training inputs, that
size per 1000 gradients, the same of log σ, and the median σ in the target's unit of the first and
of the last quarter of the draws: on its way to the posterior σ falls. Both fits of a pair have the
same seed. Only training rows are used. ``--small`` runs in seconds, to see that it works.
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import time

import numpy as np
from forms import HEADER, SMALL, row

import bayesdrop as bd
from bayesdrop import catalog

METHODS: dict[str, bd.Inference] = {
    "NUTS": bd.NUTS(num_warmup=300, num_samples=300, init_strategy="trained", max_tree_depth=8),
    "MCLMC": bd.MCLMC(num_samples=1000, num_chains=4),
}


def scales(post: bd.Posterior) -> str:
    """The median σ of the first and of the last quarter of the draws, in the target's unit."""
    assert post.draws is not None
    noise = post.draws["noise_scale"][..., 0] * post.training.scaling.y_scale[0]
    quarter = noise.shape[1] // 4
    first, last = np.median(noise[:, :quarter]), np.median(noise[:, -quarter:])
    return f"{first:9.4g}{last:9.4g}"


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
    print(f"{'σ':8}{HEADER}{'σ first':>9}{'σ last':>9}")
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
        line = row(dataset, name, method, post, seconds) + scales(post)
        print(f"{'out' if integrated else 'sampled':8}{line}", flush=True)


if __name__ == "__main__":
    main()

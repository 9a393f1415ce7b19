"""NUTS on every split of one data set: compilations, and seconds outside the sampler.

    python benchmarks/speed/compilations.py

``bd.fit`` on split after split, against NumPyro's ``MCMC.run`` on one object with
``jit_model_args=True``: the same model and data. The sampler is set to a single draw of a single
leapfrog step, so that the wall time of a call is what surrounds the sampler. Compilations are
counted by JAX's own monitoring events.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from typing import Any

import jax

jax.config.update("jax_num_cpu_devices", 2)

from numpyro.infer import MCMC, NUTS, init_to_sample
from nuts import MODEL, standard

import bayesdrop as bd

SETTINGS: dict[str, Any] = {"num_warmup": 1, "num_samples": 1, "num_chains": 2}
_COMPILE = "/jax/core/compile/backend_compile_duration"


class Compilations:
    """Counts XLA compilations from now on."""

    def __init__(self) -> None:
        self.count = 0
        jax.monitoring.register_event_duration_secs_listener(self._note)

    def _note(self, event: str, duration_secs: float, **_: str | int) -> None:
        self.count += event == _COMPILE


def bayesdrop_call() -> Callable[[bd.Split], object]:
    """Fit one split."""
    method = bd.NUTS(max_tree_depth=1, **SETTINGS)
    return lambda split: bd.fit(MODEL, split.X_train, split.y_train, method, progress=False)


def numpyro_call() -> Callable[[bd.Split], object]:
    """Run one split on the one MCMC object."""
    kernel = NUTS(bd.numpyro_model(MODEL), max_tree_depth=1, init_strategy=init_to_sample)
    mcmc = MCMC(kernel, progress_bar=False, jit_model_args=True, **SETTINGS)

    def call(split: bd.Split) -> None:
        columns = standard(split.X_train), standard(split.y_train)
        mcmc.run(jax.random.key(0), *(jax.numpy.asarray(c, jax.numpy.float32) for c in columns))
        jax.block_until_ready(mcmc.get_samples())

    return call


def main() -> None:
    """Run both over the splits; print the table and, last, one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", default="yacht", help="default: yacht")
    parser.add_argument("--splits", type=int, help="how many; default: all")
    arguments = parser.parse_args()
    dataset = bd.load_dataset(arguments.dataset)
    splits = [dataset.split(k) for k in range(arguments.splits or dataset.n_splits)]
    compilations, result = Compilations(), {}
    print(f"{arguments.dataset}, {len(splits)} splits, seconds outside the sampler")
    print(f"{'':12}{'compilations':>14}{'first call':>12}{'later calls':>13}{'all':>8}")
    for name, call in {"bayesdrop": bayesdrop_call(), "numpyro": numpyro_call()}.items():
        before, seconds = compilations.count, []
        for split in splits:
            start = time.perf_counter()
            call(split)
            seconds.append(time.perf_counter() - start)
        compiled, later = compilations.count - before, statistics.median(seconds[1:])
        result[name] = {"compilations": compiled, "later_call_s": later, "all_s": sum(seconds)}
        print(f"{name:12}{compiled:14}{seconds[0]:12.2f}{later:13.3f}{sum(seconds):8.1f}")
    print(json.dumps({"dataset": arguments.dataset, **result}))


if __name__ == "__main__":
    main()

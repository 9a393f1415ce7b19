"""The first fit of a process: seconds with nothing compiled before, and with everything compiled.

    python benchmarks/speed/first_fit.py --rounds 3

Each fit is a process of its own, of diabetes with ``ard_add`` and a handful of steps. The first
process of a contender finds an empty folder of compiled programs, and the second one what the first
left there. The clock runs from the call of ``bd.fit`` on, and so over the import of JAX. The same
model written by hand in NumPyro has the same clock. Printed, as medians of alternating rounds: both
fits' seconds, how many of them compiled (as ``bd.fit`` counts them), and both relative to the first
fit of NUTS by hand.
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
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import bayesdrop as bd
from bayesdrop import catalog

METHODS: dict[str, bd.Inference] = {
    "NUTS": bd.NUTS(num_warmup=5, num_samples=5, num_chains=2, max_tree_depth=3),
    "MCLMC": bd.MCLMC(
        num_warmup=100, num_samples=5, num_chains=2, steps_per_draw=2, training_steps=300
    ),
    "SVI": bd.SVI(num_steps=20),
}
REFERENCE = "NUTS by hand"


class Spent(NamedTuple):
    """Seconds of a fit, and those of them that compiled; NumPyro does not count the latter."""

    seconds: float
    compiling: float | None


def nuts_by_hand(split: bd.Split) -> None:
    """NumPyro's NUTS as its documentation shows it, with the settings of ``METHODS``."""
    import jax
    from numpyro.infer import MCMC, NUTS, init_to_sample
    from nuts import by_hand, standard  # asks for two host devices

    kernel = NUTS(by_hand(on_units=True), max_tree_depth=3, init_strategy=init_to_sample)
    mcmc = MCMC(kernel, num_warmup=5, num_samples=5, num_chains=2, progress_bar=False)
    mcmc.run(jax.random.key(0), standard(split.X_train), standard(split.y_train))
    jax.block_until_ready(mcmc.get_samples())


def svi_by_hand(split: bd.Split) -> None:
    """NumPyro's SVI with its mean-field guide, and draws of the guide as ``bd.fit`` makes them."""
    import jax
    from numpyro.infer import SVI, Trace_ELBO
    from numpyro.infer.autoguide import AutoNormal
    from numpyro.optim import Adam
    from nuts import by_hand, standard

    program, rows = by_hand(on_units=True), (standard(split.X_train), standard(split.y_train))
    guide = AutoNormal(program)
    svi = SVI(program, guide, Adam(0.01), Trace_ELBO())
    found = svi.run(jax.random.key(0), 20, *rows, progress_bar=False)
    draws = guide.sample_posterior(jax.random.key(1), found.params, sample_shape=(1000,))
    jax.block_until_ready(draws)


def by_bayesdrop(method: bd.Inference, split: bd.Split) -> float:
    """The seconds that ``bd.fit`` compiled."""
    model = catalog.load("models", "ard_add").value
    post = bd.fit(model, split.X_train, split.y_train, method, progress=False)
    return post.fit.seconds["compile"]


CONTENDERS: dict[str, Callable[[bd.Split], float | None]] = {
    REFERENCE: nuts_by_hand,
    "SVI by hand": svi_by_hand,
    **{name: partial(by_bayesdrop, method) for name, method in METHODS.items()},
}


def fitted(contender: str) -> Spent:
    """Fit in this process, which must not have used JAX."""
    split = bd.load_dataset("diabetes").split(0)
    start = time.perf_counter()
    compiling = CONTENDERS[contender](split)
    return Spent(time.perf_counter() - start, compiling)


def cold_and_warm(contender: str) -> tuple[Spent, Spent]:
    """Fit in a fresh process with nothing compiled before, and in a second with all compiled."""
    with tempfile.TemporaryDirectory() as folder:
        kept = {"JAX_COMPILATION_CACHE_DIR": folder}
        kept["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0.2"
        command = [sys.executable, __file__, "--fit", contender]
        cold, warm = (
            subprocess.run(command, env=os.environ | kept, stdout=subprocess.PIPE, check=True)
            for _ in range(2)
        )
    return Spent(*json.loads(cold.stdout)), Spent(*json.loads(warm.stdout))


def median(rounds: Sequence[Spent]) -> Spent:
    """The medians of several fits."""
    compiling = [one.compiling for one in rounds if one.compiling is not None]
    seconds = statistics.median(one.seconds for one in rounds)
    return Spent(seconds, statistics.median(compiling) if compiling else None)


def main() -> None:
    """Print a line per contender and state of the folder and, last, one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contenders", nargs="+", default=list(CONTENDERS), help="default: all")
    parser.add_argument("--rounds", type=int, default=3, help="default: 3")
    parser.add_argument("--fit", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.fit:
        print(json.dumps(fitted(arguments.fit)))
        return
    found: dict[str, list[tuple[Spent, Spent]]] = {name: [] for name in arguments.contenders}
    for number in range(arguments.rounds):
        for name, fits in found.items():
            cold, warm = cold_and_warm(name)
            fits.append((cold, warm))
            seconds = f"{cold.seconds:.1f} s, all compiled before {warm.seconds:.1f} s"
            print(f"round {number + 1}, {name}: {seconds}", flush=True)
    result: dict[str, dict[str, Spent]] = {}
    for name, fits in found.items():
        cold, warm = zip(*fits, strict=True)
        result[name] = {"nothing": median(cold), "all": median(warm)}
    unit = result[REFERENCE]["nothing"].seconds if REFERENCE in result else None
    print(f"{'':14}{'compiled before':>17}{'s':>8}{'compiling':>11}{'relative':>10}")
    for name, states in result.items():
        for before, spent in states.items():
            compiling = "–" if spent.compiling is None else f"{spent.compiling:.1f}"
            relative = "–" if unit is None else f"{spent.seconds / unit:.2f}"
            print(f"{name:14}{before:>17}{spent.seconds:8.1f}{compiling:>11}{relative:>10}")
    print(json.dumps(result))


if __name__ == "__main__":
    main()

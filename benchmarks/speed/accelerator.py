"""What this machine's accelerator does with bayesdrop, in one command of about six minutes.

    python benchmarks/speed/accelerator.py

Printed, one section after the other: versions and devices; the log joint's error in float32, which
tells whether matrix products keep their digits; MCLMC's gradients per second for 8, 64 and 512
chains, and for 20 splits × 8 chains in one program; seconds of the first fit of a process, of a
handful of steps, with nothing compiled and with everything compiled before (``first_fit.py``); and
MC dropout's grid against plain PyTorch (``mc_dropout_grid.py``). Rates are without compilation.
What would start later than ``--minutes`` from the beginning is left out, and a line says so. The
default is 4.5, which leaves a minute and a half for the last part. Without an accelerator it runs
small, which says that it works and nothing else; ``--small`` does so anywhere.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")  # leaves memory to the processes

import jax
import jax.numpy as jnp
import numpy as np
import torch
from first_fit import cold_and_warm

import bayesdrop as bd
from bayesdrop import catalog
from bayesdrop.benchmark.run.machine import machine
from bayesdrop.infer.engine.compiled import Compiled
from bayesdrop.programs.host_devices import use_host_devices
from bayesdrop.version import versions


@dataclasses.dataclass(frozen=True)
class Size:
    """How much of each thing is run."""

    model: str = "ard_add"
    warmup: int = 500
    draws: int = 100
    chains: tuple[int, ...] = (8, 64, 512)
    splits: int = 20
    methods: tuple[str, ...] = ("NUTS", "MCLMC", "SVI")
    grid: bool = True


SMALL = Size("gaussian_prior", 100, 10, (2, 4), 2, ("SVI",), False)


class Clock:
    """Says whether something may still start."""

    def __init__(self, minutes: float) -> None:
        self._end = time.perf_counter() + 60 * minutes

    def has_time_for(self, what: str) -> bool:
        """Print that ``what`` is left out, if it is too late for it."""
        if time.perf_counter() < self._end:
            return True
        print(f"  {what}: left out, for want of time", flush=True)
        return False


@contextmanager
def section(title: str) -> Iterator[None]:
    """A headed section that ends with the seconds it took."""
    print(f"\n{title}", flush=True)
    start = time.perf_counter()
    yield
    print(f"  ({time.perf_counter() - start:.0f} s)", flush=True)


def precision(model: bd.Model) -> str:
    """The relative error of the log joint in float32 at a draw of the prior."""
    split = bd.load_dataset("boston").split(0)
    data = bd.TrainingData.of(split.X_train, split.y_train, True)
    bound = model.bind(data.input_shape, data.n_outputs)
    density = bd.jax_density(bound)
    rows = jnp.asarray(data.X_standardised), jnp.asarray(data.y_standardised)
    at = Compiled(lambda key, X, y: density.prior_draw(key, X, y))(jax.random.key(0), *rows)
    value = Compiled(lambda at, X, y: density.log_density(at, X, y))(at, *rows)
    with jax.enable_x64(True):
        wide = {name: jnp.asarray(np.asarray(leaf), jnp.float64) for name, leaf in at.items()}
        columns = (jnp.asarray(np.asarray(column), jnp.float64) for column in rows)
        exact = Compiled(lambda at, X, y: density.log_density(at, X, y))(wide, *columns)
    return f"{abs(float(value) / float(exact) - 1):.1e}"


def rate(model: bd.Model, size: Size, chains: int, splits: int) -> str:
    """Gradients per second over all chains and splits of boston, compiled before."""
    data = bd.load_dataset("boston")
    rows = [(data.split(k).X_train, data.split(k).y_train) for k in range(splits)]
    batched = "vectorized" if jax.default_backend() != "cpu" or splits > 1 else "auto"
    method = bd.MCLMC(
        num_warmup=size.warmup,
        num_samples=size.draws,
        num_chains=chains,
        training_steps=300,
        chain_method=batched,
    )
    for seed in (0, 1):
        start = time.perf_counter()
        fits = bd.fit_many(model, rows, method, [seed] * splits, progress=False)
        seconds = time.perf_counter() - start
    gradients = sum(post.fit.info["gradients"] for post in fits)
    run = sum(post.fit.seconds["run"] for post in fits)
    return f"{gradients / run:12,.0f} gradients/s, the whole fit {seconds:.1f} s"


def main() -> None:
    """Print every section."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--minutes", type=float, default=4.5, help="nothing starts later")
    arguments = parser.parse_args()
    clock = Clock(arguments.minutes)
    use_host_devices()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    accelerated = jax.default_backend() != "cpu"
    size = Size() if accelerated and not arguments.small else SMALL
    model = catalog.load("models", size.model).value
    with section("versions"):
        for name, value in {**versions(), **machine(), "jax devices": jax.devices()}.items():
            print(f"  {name}: {value}")
    with section("relative error of the log joint in float32"):
        print(f"  {precision(model)}")
    with section(f"MCLMC on boston, {size.model}"):
        one_split = [(chains, 1) for chains in size.chains]
        for chains, splits in (*one_split, (size.chains[0], size.splits)):
            what = f"{splits} splits × {chains} chains" if splits > 1 else f"{chains} chains"
            if clock.has_time_for(what):
                print(f"  {what:24}{rate(model, size, chains, splits)}", flush=True)
    with section("seconds of a first fit of diabetes: nothing compiled, all compiled before"):
        for method in filter(clock.has_time_for, size.methods):
            cold, warm = cold_and_warm(method)
            print(f"  {method:6}{cold.seconds:8.1f}{warm.seconds:8.1f}", flush=True)
    if size.grid and clock.has_time_for("MC dropout's grid against plain PyTorch"):
        with section("MC dropout's grid against plain PyTorch"):
            script = Path(__file__).with_name("mc_dropout_grid.py")
            command = [sys.executable, str(script), "--device", device, "--rounds", "3"]
            subprocess.run(command, check=True)


if __name__ == "__main__":
    main()

"""What XLA's pool of threads costs MCLMC, and what two processes of one thread gain.

    python benchmarks/speed/threads.py

Everything is of yacht, with ``ard_add`` unless ``--model`` names another, and each line is of
processes of its own. First come the microseconds of as many normals as ``ard_add`` has variables,
by threefry and by ``rbg``, and of one of MCLMC's gradients with all that goes with it. Each of them
has one device, with XLA's pool as large as the machine, and with one thread (``NPROC=1``). Then
come gradients per second of MCLMC: on all devices of one process, with the whole pool and with one
thread, and of a process for each core at the same time, with the environment that ``bayesdrop run
--jobs`` gives each. All runs are without compilation.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
import time

from bayesdrop.programs.host_devices import use_host_devices

use_host_devices()

import jax

import bayesdrop as bd
from bayesdrop import catalog
from bayesdrop.benchmark.run.machine import threads_of_each

DATASET = "yacht"
GENERATORS = {"normals, threefry": "threefry2x32", "normals, rbg": "rbg"}


def normals(generator: str, steps: int = 2000) -> float:
    """Microseconds of one vector of normals: the best of three rounds."""
    split, model = bd.load_dataset(DATASET).split(0), catalog.load("models", "ard_add").value
    size = sum(math.prod(site.shape) for site in bd.sites(model, split.X_train.shape[1], 1))

    @jax.jit
    def loop(key: jax.Array) -> jax.Array:
        def add(index: int, total: jax.Array) -> jax.Array:
            return total + jax.random.normal(jax.random.fold_in(key, index), (size,))

        return jax.lax.fori_loop(0, steps, add, jax.numpy.zeros(size))

    key = jax.random.key(0, impl=generator)
    loop(key).block_until_ready()
    found = []
    for _ in range(3):
        start = time.perf_counter()
        loop(key).block_until_ready()
        found.append((time.perf_counter() - start) / steps)
    return 1e6 * min(found)


def rate(model_name: str, warmup: int) -> float:
    """Gradients per second of MCLMC in this process: a second run, compiled already."""
    split, model = bd.load_dataset(DATASET).split(0), catalog.load("models", model_name).value
    method = bd.MCLMC(num_warmup=warmup, num_samples=50, num_chains=2)
    for seed in (0, 1):
        post = bd.fit(model, split.X_train, split.y_train, method, seed, progress=False)
    return post.fit.info["gradients"] / post.fit.seconds["run"]


def timed(what: str, model_name: str, warmup: int) -> float:
    """What a child process measures."""
    if what in GENERATORS:
        return normals(GENERATORS[what])
    found = rate(model_name, warmup)
    return 1e6 / found if what == "a gradient" else found


def in_processes(
    what: str, count: int, arguments: argparse.Namespace, added: dict[str, str]
) -> list[float]:
    """What ``count`` processes measure that run at the same time."""
    environment = {k: v for k, v in os.environ.items() if k not in ("NPROC", "OMP_NUM_THREADS")}
    command = [sys.executable, __file__, "--time", what]
    command += ["--model", arguments.model, "--warmup", str(arguments.warmup)]
    running = [
        subprocess.Popen(command, env=environment | added, stdout=subprocess.PIPE)
        for _ in range(count)
    ]
    outputs = [process.communicate()[0] for process in running]
    return [float(output) for output in outputs]


def main() -> None:
    """Print both tables and, last, one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--warmup", type=int, default=5000, help="of MCLMC; default: 5000")
    parser.add_argument("--model", default="ard_add", help="that MCLMC samples; default: ard_add")
    parser.add_argument("--time", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    cores = os.cpu_count() or 1
    if arguments.time:
        print(timed(arguments.time, arguments.model, arguments.warmup))
        return
    result: dict[str, list[float]] = {}
    one_device = {"OMP_NUM_THREADS": "1"}
    print(f"{'':24}{'whole pool, µs':>16}{'one thread, µs':>16}")
    for what in (*GENERATORS, "a gradient"):
        (pool,) = in_processes(what, 1, arguments, one_device)
        (single,) = in_processes(what, 1, arguments, {**one_device, "NPROC": "1"})
        result[what] = [pool, single]
        print(f"{what:24}{pool:16.0f}{single:16.0f}", flush=True)
    print(f"\n{'':24}{'gradients/s':>16}")
    for name, count, added in (
        (f"{cores} devices, one process", 1, {}),
        (f"{cores} devices, one thread", 1, {"NPROC": "1"}),
        (f"{cores} processes", cores, threads_of_each(cores)),
    ):
        result[name] = in_processes("rate", count, arguments, added)
        print(f"{name:24}{sum(result[name]):16,.0f}", flush=True)
    print(json.dumps(result))


if __name__ == "__main__":
    main()

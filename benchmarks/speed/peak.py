"""The fraction of this machine's own matrix-multiply rate that NUTS and MCLMC reach.

    python benchmarks/speed/peak.py --datasets boston kin8nm

The rate of the machine is that of float32 products of square matrices in JAX, one on every device
at once (two host devices on a CPU), the best of several sizes and rounds. That of a sampler
counts, per gradient of the log joint, the products of the network's matrices alone: 2 N·in·out
operations forwards, and backwards as many for the weights and, but for the first matrix, as many
again for the units. Everything else a gradient does, and every other thing a sampler does, is
time that counts against it; compilation is left out.
"""

from __future__ import annotations

import argparse
import json
import time
from typing import Any

from bayesdrop.programs.host_devices import use_host_devices

use_host_devices()

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, NamedSharding
from jax.sharding import PartitionSpec as P

import bayesdrop as bd
from bayesdrop import catalog

SIZES = (512, 1024, 2048)
PRODUCTS = 20
SAMPLERS = {
    "nuts": bd.NUTS(num_warmup=100, num_samples=100, num_chains=2, max_tree_depth=8),
    "mclmc": bd.MCLMC(num_warmup=1000, num_samples=50, num_chains=2),
}


def products_per_second(size: int) -> float:
    """Operations per second of products of matrices of this size, on every device at once."""
    devices = jax.devices()
    shards = NamedSharding(Mesh(np.array(devices), ("devices",)), P("devices"))
    a = jax.device_put(jnp.ones((len(devices), size, size), jnp.float32) / size, shards)

    def chain(x: Any) -> Any:
        return jax.lax.fori_loop(0, PRODUCTS, lambda _, y: y @ x, x)

    spread: Any = jax.shard_map(
        lambda x: chain(x[0])[None], mesh=shards.mesh, in_specs=shards.spec, out_specs=shards.spec
    )
    run = jax.jit(spread)
    run(a).block_until_ready()
    start = time.perf_counter()
    run(a).block_until_ready()
    return 2 * size**3 * PRODUCTS * len(devices) / (time.perf_counter() - start)


def peak() -> float:
    """The best rate seen, in operations per second."""
    return max(products_per_second(size) for size in SIZES for _ in range(3))


def operations(model: bd.Model, rows: int, n_features: int) -> int:
    """How many operations the matrix products of one gradient take."""
    table = bd.sites(model, n_features, 1)
    sizes = [int(np.prod(site.shape)) for site in table if site.role == "weight"]
    forwards = weights = 2 * rows * sum(sizes)
    units = 2 * rows * sum(sizes[1:])
    return forwards + weights + units


def rate(model: bd.Model, split: bd.Split, sampler: bd.Inference) -> float:
    """Gradients per second of a second run, compiled already."""
    for seed in (0, 1):
        post = bd.fit(model, split.X_train, split.y_train, sampler, seed=seed, progress=False)
    return post.fit.info["gradients"] / post.fit.seconds["run"]


def main() -> None:
    """Print a line per sampler and dataset and, last, one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--datasets", nargs="+", default=["boston", "kin8nm"])
    parser.add_argument("--model", default="ard_add", help="default: ard_add")
    parser.add_argument("--samplers", nargs="+", default=list(SAMPLERS), help="default: all")
    arguments = parser.parse_args()
    model, result = catalog.load("models", arguments.model).value, {}
    print(f"{'':16}{'rows':>6}{'gradients/s':>13}{'GFLOP/s':>9}{'peak':>7}{'fraction':>10}")
    for dataset in arguments.datasets:
        split = bd.load_dataset(dataset).split(0)
        rows, n_features = split.X_train.shape
        for name in arguments.samplers:
            before, found, after = peak(), rate(model, split, SAMPLERS[name]), peak()
            best = max(before, after)
            reached = found * operations(model, rows, n_features)
            result[f"{dataset} {name}"] = reached / best
            print(
                f"{dataset:8}{name:8}{rows:6}{found:13,.0f}{reached / 1e9:9.0f}{best / 1e9:7.0f}"
                f"{reached / best:10.2f}",
                flush=True,
            )
    print(json.dumps(result))


if __name__ == "__main__":
    main()

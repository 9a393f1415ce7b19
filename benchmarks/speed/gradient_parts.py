"""Where the time of a gradient goes: microseconds of each part, on every device at once.

    python benchmarks/speed/gradient_parts.py --datasets boston kin8nm

Each line is a loop of gradients with all that the line above has, and one thing more. The first
has the products of the network's matrices alone, the second the network with its activations and a
sum of squares. Then come the log joint with the noise scale as a site, the log joint that samplers
move on, with the scale integrated out, and the two samplers. The share is of the machine's rate of
large products, as in ``peak.py``.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import peak  # it asks for host devices before JAX starts
from jax.flatten_util import ravel_pytree
from jax.sharding import Mesh
from jax.sharding import PartitionSpec as P

import bayesdrop as bd
from bayesdrop import catalog
from bayesdrop.infer.mcmc.target import sampled
from bayesdrop.programs.numpyro_density import log_density, prior_draw

CENTRING = 0.3
SHRINK = 1e-12
"""The step of a loop, so small that its vector stays where the gradient is finite."""


class Part(NamedTuple):
    """A function of a vector and of (X, y), and a point where its gradient is finite."""

    density: Callable[[Any, Any], Any]
    point: Any


def network(bound: bd.BoundModel, activation: Callable[[Any], Any]) -> Part:
    """Half the sum of squared errors of a residual network of the bound model's matrices."""
    shapes = [site.shape for site in bound.sites if site.role == "weight"]
    draw = np.random.default_rng(0).normal
    point, unravel = ravel_pytree([jnp.asarray(draw(0, 0.1, s), jnp.float32) for s in shapes])

    def density(vector: Any, rows: Any) -> Any:
        X, y = rows
        first, *blocks, last = unravel(vector)
        h = activation(X @ first)
        for weights in blocks:
            h = h + activation(h @ weights)
        return -0.5 * jnp.sum((h @ last - y) ** 2)

    return Part(density, point)


def log_joint(bound: bd.BoundModel, rows: Any, integrate_noise_scale: bool) -> Part:
    """What a sampler moves on."""
    program = sampled(bound, CENTRING, integrate_noise_scale).program
    point, unravel = ravel_pytree(prior_draw(program, jax.random.key(0), *rows, validate_grad=True))
    return Part(lambda vector, rows: log_density(program, unravel(vector), *rows), point)


def seconds(part: Part, rows: Any, steps: int = 2000) -> float:
    """Time one gradient in a loop of them, on every device at once: the best of three rounds."""
    mesh = Mesh(np.array(jax.devices()), ("devices",))

    def loop(vector: Any, rows: Any) -> Any:
        gradient = jax.grad(part.density)
        return jax.lax.fori_loop(0, steps, lambda _, x: x + SHRINK * gradient(x, rows), vector)

    spread: Any = jax.shard_map(
        lambda x, rows: loop(x[0], rows)[None],
        mesh=mesh,
        in_specs=(P("devices"), P()),
        out_specs=P("devices"),
    )
    run, points = jax.jit(spread), jnp.stack([part.point] * len(jax.devices()))
    run(points, rows).block_until_ready()
    found = []
    for _ in range(3):
        begun = time.perf_counter()
        run(points, rows).block_until_ready()
        found.append((time.perf_counter() - begun) / steps)
    return min(found)


def measured(
    model: bd.Model, split: bd.Split, samplers: Sequence[str]
) -> Iterator[tuple[str, float]]:
    """Names of the parts with the seconds of a gradient, one after the other."""
    data = bd.TrainingData.of(split.X_train, split.y_train, True)
    bound = model.bind(data.input_shape, data.n_outputs)
    rows = jnp.asarray(data.X_standardised), jnp.asarray(data.y_standardised)
    parts = {
        "products": network(bound, lambda x: x),
        "network": network(bound, jax.nn.relu),
        "σ a site": log_joint(bound, rows, False),
        "σ integrated out": log_joint(bound, rows, True),
    }
    for name, part in parts.items():
        yield name, seconds(part, rows)
    for name in samplers:
        yield name, len(jax.devices()) / peak.rate(model, split, peak.SAMPLERS[name])


def main() -> None:
    """Print a table for each data set."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--datasets", nargs="+", default=["boston", "kin8nm"])
    parser.add_argument("--model", default="ard_add", help="default: ard_add")
    parser.add_argument("--samplers", nargs="+", default=list(peak.SAMPLERS), help="default: all")
    arguments = parser.parse_args()
    model = catalog.load("models", arguments.model).value
    print(f"{'data':10}{'loop of':18}{'µs':>8}{'share':>8}")
    for dataset in arguments.datasets:
        split = bd.load_dataset(dataset).split(0)
        operations = peak.operations(model, *split.X_train.shape)
        best = peak.peak()
        for name, each in measured(model, split, arguments.samplers):
            share = operations * len(jax.devices()) / each / best
            print(f"{dataset:10}{name:18}{1e6 * each:8.0f}{share:8.2f}", flush=True)


if __name__ == "__main__":
    main()

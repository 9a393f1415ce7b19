"""NUTS: bayesdrop against the same model written by hand in NumPyro, in one process, alternating.

    python benchmarks/speed/nuts.py

Two hand-written programs, since both are natural: noise multiplying the units, ``(h * λ) @ z``,
and noise multiplying the rows of the weights, ``h @ (λ[:, None] * z)``. Each is run by
``numpyro.infer.MCMC`` with ``jit_model_args=True`` and parallel chains, as its documentation shows.

Prints, per contender, gradients per second inside the sampler and of the whole call, and the
ratios to the faster of the two. What the splits of one data set cost is ``compilations.py``.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax

jax.config.update("jax_num_cpu_devices", 2)

import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
from numpyro.distributions.transforms import PowerTransform
from numpyro.infer import MCMC, NUTS, init_to_sample

import bayesdrop as bd

TREE_DEPTH = 8
MODEL = bd.Model(
    bd.ResNet(hidden=50, depth=2),
    bd.ARDADD(bd.noise.InverseNakagami(3.0, 3.0), bd.noise.InverseNakagami(3.0, 3.0)),
)


def by_hand(on_units: bool) -> Callable[..., None]:
    """ARD-ADD with inverse Nakagami noise in NumPyro, written from the equations."""

    def noise(name: str, *shape: int) -> Any:
        squared = dist.InverseGamma(3.0, 3.0).expand(shape)
        prior = dist.TransformedDistribution(squared, PowerTransform(0.5))
        return numpyro.sample(name, prior.to_event(len(shape)))

    def normal(name: str, scale: float, *shape: int) -> Any:
        return numpyro.sample(name, dist.Normal(0.0, scale).expand(shape).to_event(len(shape)))

    def product(h: Any, unit: Any, z: Any) -> Any:
        return (h * unit) @ z if on_units else h @ (unit[:, None] * z)

    def program(X: Any, y: Any = None) -> None:
        features, width = X.shape[1], 50
        h = product(X, noise("u0", features), normal("z0", features**-0.5, features, width))
        h = jax.nn.relu(h + normal("b0", 1.0, width))
        block = product(h, noise("u1", width), normal("z1", width**-0.5, width, width))
        h = h + jax.nn.relu(noise("tau") * (block + normal("b1", 1.0, width)))
        f = product(h, noise("u2", width), normal("z2", width**-0.5, width, 1))[:, 0]
        f = f + normal("b2", 1.0, 1)
        scale = numpyro.sample("scale", dist.HalfNormal(1.0))
        numpyro.sample("y", dist.Normal(f, scale), obs=y)

    return program


@dataclass
class Run:
    """One call: its leapfrog gradients, its seconds in the sampler, and in all."""

    gradients: int
    sampler_seconds: float
    seconds: float


class Bayesdrop:
    """``bd.fit``: warm-up and draws, as many of each."""

    def __init__(self, draws: int) -> None:
        self._method = bd.NUTS(draws, draws, 2, max_tree_depth=TREE_DEPTH)

    def run(self, X: np.ndarray, y: np.ndarray, seed: int) -> Run:
        start = time.perf_counter()
        post = bd.fit(MODEL, X, y, inference=self._method, seed=seed, progress=False)
        seconds = time.perf_counter() - start
        return Run(post.fit.info["gradients"], post.fit.seconds["run"], seconds)


class ByHand:
    """``numpyro.infer.MCMC`` on one object, so that nothing is compiled twice.

    NumPyro reports the leapfrog steps of kept draws only, so warm-up is done once and each run
    continues from it. A run of one draw costs what surrounds the sampler in ``MCMC.run``; that
    is taken off to get the seconds in the sampler.
    """

    def __init__(self, program: Callable[..., None], draws: int) -> None:
        kernel = NUTS(program, max_tree_depth=TREE_DEPTH, init_strategy=init_to_sample)
        self._mcmc, self._one = (
            MCMC(
                kernel,
                num_warmup=draws,
                num_samples=kept,
                num_chains=2,
                progress_bar=False,
                jit_model_args=True,
            )
            for kept in (draws, 1)
        )
        self._warm: Any = None

    def run(self, X: np.ndarray, y: np.ndarray, seed: int) -> Run:
        data = (jnp.asarray(standard(X), jnp.float32), jnp.asarray(standard(y), jnp.float32))
        if self._warm is None:
            self._mcmc.warmup(jax.random.key(seed), *data)
            self._warm = self._mcmc.post_warmup_state
        few, few_seconds = self._timed(self._one, seed, data)
        many, many_seconds = self._timed(self._mcmc, seed, data)
        return Run(many - few, many_seconds - few_seconds, many_seconds)

    def _timed(self, mcmc: MCMC, seed: int, data: tuple[Any, Any]) -> tuple[int, float]:
        mcmc.post_warmup_state = self._warm
        start = time.perf_counter()
        mcmc.run(jax.random.key(seed), *data, extra_fields=("num_steps",))
        steps = jax.block_until_ready(mcmc.get_extra_fields()["num_steps"])
        return int(steps.sum()), time.perf_counter() - start


def standard(values: np.ndarray) -> np.ndarray:
    """Standardised columns."""
    return (values - values.mean(0)) / values.std(0)


def main() -> None:
    """Run the contenders in turn and print the table and, last, one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", default="boston", help="default: boston")
    parser.add_argument("--rounds", type=int, default=5, help="default: 5")
    parser.add_argument(
        "--draws", type=int, default=100, help="per chain, and as many of warm-up; default: 100"
    )
    parser.add_argument(
        "--by-hand",
        nargs="+",
        default=["units", "weights"],
        choices=["units", "weights"],
        help="what the noise multiplies in the models by hand; default: each",
    )
    arguments = parser.parse_args()
    split = bd.load_dataset(arguments.dataset).split(0)
    X, y = split.X_train, split.y_train
    contenders: dict[str, Bayesdrop | ByHand] = {"bayesdrop": Bayesdrop(arguments.draws)}
    for what in arguments.by_hand:
        program = by_hand(on_units=what == "units")
        contenders[f"by hand, noise on {what}"] = ByHand(program, arguments.draws)
    runs: dict[str, list[Run]] = {name: [] for name in contenders}
    for seed in range(arguments.rounds + 1):
        for name, contender in contenders.items():
            run = contender.run(X, y, seed)
            if seed:  # the first round compiles
                runs[name].append(run)
    inside = {
        n: statistics.median(r.gradients / r.sampler_seconds for r in rs) for n, rs in runs.items()
    }
    whole = {n: statistics.median(r.gradients / r.seconds for r in rs) for n, rs in runs.items()}
    print(f"{arguments.dataset}, {len(X)} rows, median of {arguments.rounds}, 2 chains")
    print(f"{'':28}{'gradients/s in sampler':>24}{'of the whole call':>20}")
    for name in runs:
        print(f"{name:28}{inside[name]:24.0f}{whole[name]:20.0f}")
    hand = max(v for n, v in inside.items() if n != "bayesdrop")
    hand_whole = max(v for n, v in whole.items() if n != "bayesdrop")
    ratios = {
        "in_sampler": inside["bayesdrop"] / hand,
        "whole_call": whole["bayesdrop"] / hand_whole,
    }
    print(
        f"ratio to the faster by hand: {ratios['in_sampler']:.2f} in the sampler, "
        f"{ratios['whole_call']:.2f} of the whole call"
    )
    print(json.dumps({"dataset": arguments.dataset, **ratios}))


if __name__ == "__main__":
    main()

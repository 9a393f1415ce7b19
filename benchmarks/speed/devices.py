"""The three methods on the devices that JAX and PyTorch find here: NUTS by number of chains.

    python benchmarks/speed/devices.py

Prints gradients per second of NUTS for each number of chains and each way to run them, the
seconds of SVI, and those of MC dropout on every PyTorch device, all without compilation: each is
run twice and the second run is timed.
"""

from __future__ import annotations

import argparse

import jax
import torch
from nuts import MODEL

import bayesdrop as bd
from bayesdrop.infer.engine.chain_method import ChainMethod

CHAIN_METHODS = ("parallel", "sequential", "vectorized")


def second_run(split: bd.Split, inference: bd.Inference) -> bd.Posterior:
    """Fit twice with other seeds; the second one, compiled already."""
    for seed in (0, 1):
        post = bd.fit(MODEL, split.X_train, split.y_train, inference, seed, progress=False)
    return post


def main() -> None:
    """Print a line per configuration."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", default="diabetes", help="default: diabetes")
    parser.add_argument("--chains", type=int, nargs="+", default=[2, 8], help="default: 2 8")
    parser.add_argument("--chain-methods", nargs="+", default=CHAIN_METHODS, choices=CHAIN_METHODS)
    arguments = parser.parse_args()
    split = bd.load_dataset(arguments.dataset).split(0)
    accelerated = jax.default_backend() != "cpu"
    methods: list[ChainMethod] = ["vectorized"] if accelerated else arguments.chain_methods
    for chains in arguments.chains:
        for method in methods:
            post = second_run(split, bd.NUTS(50, 50, chains, chain_method=method, max_tree_depth=6))
            rate = post.fit.info["gradients"] / post.fit.seconds["run"]
            print(
                f"NUTS {chains:4} chains {method:10} {post.fit.info['device']:8} "
                f"{rate:10.0f} gradients/s",
                flush=True,
            )
    post = second_run(split, bd.SVI(num_steps=5000))
    print(
        f"SVI 5000 steps {post.fit.info['device']} {post.fit.seconds['run']:.2f} s",
        flush=True,
    )
    for device in ["cpu", "cuda"] if torch.cuda.is_available() else ["cpu"]:
        post = second_run(split, bd.MCDropout(num_epochs=200, device=device))
        print(f"MC dropout 200 epochs {device} {post.fit.seconds['run']:.2f} s", flush=True)


if __name__ == "__main__":
    main()

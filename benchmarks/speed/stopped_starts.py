"""What it buys that a sampler's start stops early: MCLMC chain by chain, from both kinds of start.

    python benchmarks/speed/stopped_starts.py

The training of a start has 1000 steps at most. One kind of start is the end of the training, as it
was up to MCLMC's revision 7. The other is the best of 50 looks at held-out rows, as it is now. The
sampling is the same: 4 chains with 8000 steps of warm-up and 1000 draws of 40 steps each. Printed
for each start and seed: the largest R-hat of f(x) at training rows; and for each chain the
quartiles of the noise scale in the target's unit, and its step size. ``--small`` runs in seconds,
to see that it works.
"""

from __future__ import annotations

import argparse
from unittest.mock import patch

import jax.numpy as jnp
import numpy as np

import bayesdrop as bd
from bayesdrop import catalog
from bayesdrop.infer.engine.early_stopping import Start, early_stopped
from bayesdrop.infer.mcmc.mclmc import kernel

METHOD = bd.MCLMC(num_samples=1000, num_chains=4, training_steps=1000)
SMALL = bd.MCLMC(100, 20, 2, steps_per_draw=2, training_steps=20)
STARTS = {
    "the end": lambda trainer, key, rows: Start(
        trainer.train(key, rows), jnp.int32(trainer.num_steps)
    ),
    "stopped early": early_stopped,
}


def chains(post: bd.Posterior) -> str:
    """Quartiles of the noise scale and the step size of every chain."""
    draws, stats = post.draws, post.sample_stats
    assert draws is not None
    noise = draws["noise_scale"][..., 0] * post.training.scaling.y_scale[0]
    low, high = np.quantile(noise, (0.25, 0.75), axis=1)
    steps = stats["step_size"].mean(1)
    each = (f"{a:.4g}–{b:.4g} ({step:.2g})" for a, b, step in zip(low, high, steps, strict=True))
    return ", ".join(each)


def main() -> None:
    """Print a line per start and seed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", default="diabetes", help="default: diabetes")
    parser.add_argument("--model", default="ard_add", help="of the catalog; default: ard_add")
    parser.add_argument("--seeds", type=int, default=2, help="default: 2")
    parser.add_argument("--small", action="store_true")
    arguments = parser.parse_args()
    split = bd.load_dataset(arguments.dataset).split(0)
    model = catalog.load("models", arguments.model).value
    method = SMALL if arguments.small else METHOD
    print(f"{'start':15}{'seed':>4}{'R-hat f':>9}  quartiles of σ (step size), chain by chain")
    for name, start in STARTS.items():
        bd.clear_caches()  # a compiled program has its start in it
        with patch.object(kernel, "early_stopped", start):
            for seed in range(arguments.seeds):
                post = bd.fit(model, split.X_train, split.y_train, method, seed, progress=False)
                rhat = post.diagnose().max_rhat_f
                print(f"{name:15}{seed:4}{rhat:9.2f}  {chains(post)}", flush=True)


if __name__ == "__main__":
    main()

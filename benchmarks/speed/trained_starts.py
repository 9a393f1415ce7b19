"""What training a sampler's start for longer buys: ``python benchmarks/speed/trained_starts.py``.

MCLMC from starts of up to 1000, 5000 and 15,000 training steps, with the same sampling. A fifth of
the training rows of split 0 is set aside, at random, and scored. Test rows are not looked at.
Printed: the noise scale and the NLL of the rows set aside in the target's units, R-hat of f(x),
seconds.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

import bayesdrop as bd
from bayesdrop import catalog


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--datasets", nargs="+", default=["yacht", "energy", "concrete"])
    parser.add_argument("--model", default="ard_add")
    parser.add_argument("--warmup", type=int, default=2000)
    parser.add_argument("--draws", type=int, default=100)
    parser.add_argument("--thin", type=int, default=20, help="steps per draw")
    parser.add_argument("--chains", type=int, default=4)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--training", type=int, nargs="+", default=[1000, 5000, 15_000])
    given = parser.parse_args()
    model = catalog.load("models", given.model).value
    for name in given.datasets:
        for seed in range(given.seeds):
            for steps in given.training:
                method = bd.MCLMC(
                    num_warmup=given.warmup,
                    num_samples=given.draws,
                    steps_per_draw=given.thin,
                    num_chains=given.chains,
                    training_steps=steps,
                )
                found = _fitted(model, method, name, seed)
                print(f"{name}, seed {seed}, {steps} training steps: {found}", flush=True)


def _fitted(model: bd.Model, method: bd.MCLMC, name: str, seed: int) -> str:
    split = bd.load_dataset(name).split(0)
    X, y = split.X_train, split.y_train
    order = np.random.default_rng(seed).permutation(len(X))
    held, kept = order[: len(X) // 5], order[len(X) // 5 :]
    clock = time.perf_counter()
    posterior = bd.fit(model, X[kept], y[kept], method, seed=seed, progress=False)
    seconds = time.perf_counter() - clock
    draws = posterior.draws
    assert draws is not None
    noise = float(np.median(draws["noise_scale"]) * posterior.training.scaling.y_scale[0])
    nll = bd.evaluate(posterior.predict(X[held]), y[held])["nll"]
    rhat = posterior.diagnose(X[held]).max_rhat_f
    return f"noise scale {noise:.3f}, NLL {nll:.3f}, largest R-hat {rhat:.2f}, {seconds:.0f} s"


if __name__ == "__main__":
    main()

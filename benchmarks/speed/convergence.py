"""Have samplers converged? R-hat of f(x) at training rows, what it cost, and the scores beside it.

    python benchmarks/speed/convergence.py --dataset yacht --splits 0 1 --inference mclmc

One line per fit: gradients (training, warm-up and draws), seconds, the largest R-hat of f(x) over
training rows, the share of rows above 1.05, the smallest effective sample size, R-hat of the noise
scale, RMSE, NLL, and the chains that ran away and are left out. ``--set`` changes settings of the
method, and ``--noise-scale`` fixes the likelihood's, on the standardised target. Settings
may be chosen by R-hat; they must not be by the scores, but
for those that ``--validation`` prints: it fits four fifths of the training rows, scores the others
and never sees a test row.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import time
from typing import Any

import bayesdrop as bd
from bayesdrop import catalog

HEADER = (
    f"{'split':>5}  {'model':14}{'method':18}{'gradients':>12}{'seconds':>9}{'R-hat':>8}"
    f"{'> 1.05':>8}{'ESS':>7}{'R-hat σ':>9}{'RMSE':>8}{'NLL':>8}  left out"
)


def measured(model: bd.Model, split: bd.Split, method: bd.Inference, seed: int) -> dict[str, Any]:
    """What one fit cost, how far it converged, and its scores."""
    start = time.perf_counter()
    post = bd.fit(model, split.X_train, split.y_train, method, seed=seed, progress=False)
    seconds = time.perf_counter() - start
    found = post.diagnose()
    scores = bd.evaluate(post.predict(split.X_test), split.y_test)
    return {
        "gradients": post.fit.info["gradients"],
        "seconds": seconds,
        "max_rhat_f": found.max_rhat_f,
        "share_rhat_f_above_1_05": found.share_rhat_f_above_1_05,
        "min_ess_f": found.min_ess_f,
        "max_rhat_noise_scale": found.max_rhat_noise_scale,
        "rmse": scores["rmse"],
        "nll": scores["nll"],
        "excluded_chains": post.fit.info.get("excluded_chains", []),
    }


def validation_part(split: bd.Split) -> bd.Split:
    """The training rows alone, which are in random order: the last fifth of them in place of the
    test rows."""
    rows = len(split.y_train) * 4 // 5
    return dataclasses.replace(
        split,
        X_train=split.X_train[:rows],
        y_train=split.y_train[:rows],
        X_test=split.X_train[rows:],
        y_test=split.y_train[rows:],
        train_index=split.train_index[:rows],
        test_index=split.train_index[rows:],
    )


def line(split: int, model: str, method: str, row: dict[str, Any]) -> str:
    """A row of the table under :data:`HEADER`."""
    return (
        f"{split:5}  {model:14}{method:18}{row['gradients']:12,}{row['seconds']:9.0f}"
        f"{row['max_rhat_f']:8.3f}{row['share_rhat_f_above_1_05']:8.2f}{row['min_ess_f']:7.0f}"
        f"{row['max_rhat_noise_scale'] or float('nan'):9.3f}{row['rmse']:8.3f}{row['nll']:8.3f}"
        f"  {[e['chain'] for e in row['excluded_chains']] or '-'}"
    )


def main() -> None:
    """Print one line a fit and, last, one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", default="yacht", help="default: yacht")
    parser.add_argument("--splits", type=int, nargs="+", default=[0], help="default: 0")
    parser.add_argument("--models", nargs="+", default=["ard_add"], help="default: ard_add")
    parser.add_argument("--inference", nargs="+", default=["mclmc"], help="default: mclmc")
    parser.add_argument("--set", nargs="*", default=[], help="for example num_warmup=20000")
    parser.add_argument("--noise-scale", type=float)
    parser.add_argument("--validation", action="store_true")
    parser.add_argument("--seed", type=int, default=0, help="default: 0")
    arguments = parser.parse_args()
    changes = {name: json.loads(value) for name, value in (s.split("=") for s in arguments.set)}
    dataset, rows = bd.load_dataset(arguments.dataset), []
    print(f"{arguments.dataset}\n{HEADER}")
    for index in arguments.splits:
        split = dataset.split(index)
        if arguments.validation:
            split = validation_part(split)
        for model in arguments.models:
            for name in arguments.inference:
                method = dataclasses.replace(catalog.load("inference", name).value, **changes)
                value = catalog.load("models", model).value
                if arguments.noise_scale is not None:
                    fixed = bd.Gaussian(scale=arguments.noise_scale)
                    value = dataclasses.replace(value, likelihood=fixed)
                row = measured(value, split, method, arguments.seed)
                rows.append({"split": index, "model": model, "method": name, **row})
                print(line(index, model, name, row), flush=True)
    print(json.dumps(rows))


if __name__ == "__main__":
    main()

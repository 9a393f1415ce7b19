"""Are the estimators' defaults better than boosted trees, and how long do they take?

    python benchmarks/speed/estimator_defaults.py

One line per data set and contender: the mean over seeds of R², of the negative log
likelihood and of the seconds of a fit, on a fifth of the training rows of split 0 that is held out
at random. Only training rows are used. Default: the five small regression sets, three seeds.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from sklearn.model_selection import train_test_split

import bayesdrop as bd

SETS = ("boston", "concrete", "energy", "wine", "yacht")
NOISE = bd.noise.InverseNakagami(shape=3.0, rate=3.0)
DEEP = bd.Model(bd.ResNet(), bd.ARDADD(NOISE, NOISE))
TREES = bd.Model(bd.MLP(), bd.ScaleMixture())
CONTENDERS = {
    "default": bd.Regressor(),
    "HistGradientBoosting": bd.Regressor(TREES, bd.HistGradientBoosting()),
    "DeepEnsemble": bd.Regressor(DEEP, bd.DeepEnsemble()),
    "MCDropout": bd.Regressor(DEEP, bd.MCDropout()),
}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--datasets", nargs="+", default=SETS, help="default: the five small ones")
    parser.add_argument("--contenders", nargs="+", default=list(CONTENDERS), help="default: all")
    parser.add_argument("--seeds", type=int, default=3, help="default: 3")
    arguments = parser.parse_args()
    print(f"{'data set':12}{'contender':24}{'R²':>8}{'NLL':>10}{'seconds':>9}")
    for dataset in arguments.datasets:
        split = bd.load_dataset(dataset).split(0)
        for name in arguments.contenders:
            found = []
            for seed in range(arguments.seeds):
                X, X_held, y, y_held = train_test_split(
                    split.X_train, split.y_train, test_size=0.2, random_state=seed
                )
                start = time.perf_counter()
                estimator = CONTENDERS[name].set_params(random_state=seed).fit(X, y)
                seconds = time.perf_counter() - start
                nll = -estimator.predict_distribution(X_held).log_prob(y_held).mean()
                found.append((estimator.score(X_held, y_held), nll, seconds))
            score, nll, seconds = np.mean(found, axis=0)
            print(f"{dataset:12}{name:24}{score:8.3f}{nll:10.3f}{seconds:9.1f}", flush=True)


if __name__ == "__main__":
    main()

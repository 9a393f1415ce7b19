"""Scores at the test rows that are among the training rows too, and at the others.

    python benchmarks/speed/repeated_rows.py docs/results --splits 0 1 2 --models ard_add

Fits again what stands in a results folder, a grid search at the point it chose. A row counts as
repeated if all its features are those of a training row.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import bayesdrop as bd
from bayesdrop import catalog
from bayesdrop.benchmark.run.store import Store

HEADER = f"{'split':>5}  {'model':28}{'rows':10}{'n':>5}{'RMSE':>8}{'NLL':>8}"


def repeated(split: bd.Split) -> NDArray[np.bool_]:
    """Which test rows have the features of a training row."""
    trained = {row.tobytes() for row in np.ascontiguousarray(split.X_train)}
    return np.array([row.tobytes() in trained for row in np.ascontiguousarray(split.X_test)])


def fitted(record: dict[str, Any], split: bd.Split) -> bd.Posterior:
    """The fit of a record, made again."""
    model = catalog.load("models", record["model"]).value
    method = catalog.load("inference", record["inference"]).value
    if isinstance(method, bd.GridSearch):
        chosen = record["info"]["chosen"]
        model, method = method.model_at(model, chosen), method.method_at(chosen)
    seed = record["seed"]
    return bd.fit(model, split.X_train, split.y_train, method, seed=seed, progress=False)


def main() -> None:
    """Print a line per fit and kind of row and, last, one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--dataset", default="wine", help="default: wine")
    parser.add_argument("--splits", type=int, nargs="+", default=[0], help="default: 0")
    parser.add_argument("--models", nargs="+", required=True)
    arguments = parser.parse_args()
    dataset, rows = bd.load_dataset(arguments.dataset), []
    print(f"{arguments.dataset}\n{HEADER}")
    for record in Store(arguments.folder).records():
        index, model = record["split"], record["model"]
        if record["dataset"] != dataset.name or record["status"] != "ok":
            continue
        if index not in arguments.splits or model not in arguments.models:
            continue
        split = dataset.split(index)
        post, among = fitted(record, split), repeated(split)
        for name, here in (("all", among | True), ("repeated", among), ("others", ~among)):
            if not here.any():
                continue
            scores = bd.evaluate(post.predict(split.X_test[here]), split.y_test[here])
            rmse, nll, n = scores["rmse"], scores["nll"], int(here.sum())
            rows.append(
                {"split": index, "model": model, "rows": name, "n": n, "rmse": rmse, "nll": nll}
            )
            print(f"{index:5}  {model:28}{name:10}{n:5}{rmse:8.3f}{nll:8.3f}", flush=True)
    if not rows:
        parser.error(f"{arguments.folder} has no result of these models and splits")
    print(json.dumps(rows))


if __name__ == "__main__":
    main()

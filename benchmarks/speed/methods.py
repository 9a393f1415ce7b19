"""What every method of the catalog costs on yacht and boston, as one Markdown table.

    python benchmarks/speed/methods.py --datasets yacht boston

Each fit is a process of its own, on standard split 0: seconds of compilation and of the run,
gradients of the log joint over all rows (a minibatch counts as its share), the smallest effective
sample size of f(x) over the test rows per second and per 1000 gradients (of methods whose draws
are a chain), the largest R-hat there, the peak of the process's memory, and the scores. A method
runs the first of the models it can: ``--models`` in that order.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
from typing import Any

import bayesdrop as bd
from bayesdrop import catalog

MODELS = ("student_t_ard", "gaussian_prior", "bernoulli_ard")
HEADER = (
    "| data | method | model | compile s | run s | gradients | ESS/s | ESS/1000 gradients "
    "| R-hat | peak MiB | RMSE | NLL |\n|---|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|"
)


def first_supported(method: str, models: tuple[str, ...]) -> str | None:
    """The first of the models that the method can run."""
    inference = catalog.load("inference", method).value
    for model in models:
        if inference.supports(catalog.load("models", model).value) is None:
            return model
    return None


def measure(method: str, model: str, dataset: str, split: int) -> dict[str, Any]:
    """One fit in this process."""
    rows = bd.load_dataset(dataset).split(split)
    inference = catalog.load("inference", method).value
    chosen = catalog.load("models", model).value
    post = bd.fit(chosen, rows.X_train, rows.y_train, inference, seed=split, progress=False)
    scores = bd.evaluate(post.predict(rows.X_test), rows.y_test)
    found = post.diagnose()
    return {
        "compile": post.fit.seconds["compile"],
        "run": post.fit.seconds["run"],
        "gradients": post.fit.info.get("gradients"),
        "ess": found.min_ess_f,
        "rhat": found.max_rhat_f,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "rmse": scores["rmse"],
        "nll": scores["nll"],
    }


def line(dataset: str, method: str, model: str, cell: dict[str, Any]) -> str:
    """A row of the table; a dash where a figure does not apply."""

    def text(value: float | None, form: str) -> str:
        return "–" if value is None else format(value, form)

    ess, gradients = cell["ess"], cell["gradients"]
    per_second = None if ess is None else ess / cell["run"]
    per_gradient = None if ess is None or not gradients else 1e3 * ess / gradients
    figures = (
        (cell["compile"], ".1f"),
        (cell["run"], ".1f"),
        (gradients, ",.0f"),
        (per_second, ".2g"),
        (per_gradient, ".2g"),
        (cell["rhat"], ".2f"),
        (cell["peak"], ",.0f"),
        (cell["rmse"], ".3f"),
        (cell["nll"], ".3f"),
    )
    cells = " | ".join(text(value, form) for value, form in figures)
    return f"| {dataset} | `{method}` | `{model}` | {cells} |"


def main() -> None:
    """Print the table, a line as soon as its fit is done."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--datasets", nargs="+", default=["yacht", "boston"])
    parser.add_argument("--methods", nargs="+", default=list(catalog.names("inference")))
    parser.add_argument("--models", nargs="+", default=list(MODELS))
    parser.add_argument("--split", type=int, default=0)
    parser.add_argument("--cell", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.cell:
        method, model, dataset = arguments.cell
        print(json.dumps(measure(method, model, dataset, arguments.split)))
        return
    print(HEADER, flush=True)
    for dataset in arguments.datasets:
        for method in arguments.methods:
            model = first_supported(method, tuple(arguments.models))
            if model is None:
                print(f"{method} runs none of {', '.join(arguments.models)}", file=sys.stderr)
                continue
            command = [sys.executable, __file__, "--split", str(arguments.split)]
            command += ["--cell", method, model, dataset]
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
            if done.returncode:
                print(f"{method} on {dataset} failed: see above", file=sys.stderr)
                continue
            print(
                line(dataset, method, model, json.loads(done.stdout.splitlines()[-1])), flush=True
            )


if __name__ == "__main__":
    main()

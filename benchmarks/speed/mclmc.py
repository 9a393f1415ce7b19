"""MCLMC against NUTS on one data set: the same predictions, and gradients spent.

    python benchmarks/speed/mclmc.py --dataset boston --splits 0 1 2

Both have the same model and equally many chains, which start at trained points. Beside the columns
of ``convergence.py`` it prints MCLMC's ratio of gradients to NUTS's, all of them counted, and its
difference in NLL. ``--adjusted`` adds the adjusted kernel, and ``--energy-var 0.1`` an unadjusted
one of that energy variance, for their bias.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
from typing import Any

from convergence import HEADER, line, measured

import bayesdrop as bd
from bayesdrop import catalog

NUTS = bd.NUTS(num_warmup=300, num_samples=300, max_tree_depth=8, init_strategy="trained")


def contenders(chains: int, energy_vars: list[float], adjusted: bool) -> dict[str, bd.Inference]:
    """Name → method; the others are compared with the first."""

    def of_catalog(name: str, **changes: Any) -> bd.Inference:
        method: Any = catalog.load("inference", name).value
        return dataclasses.replace(method, num_chains=chains, **changes)

    nuts = dataclasses.replace(NUTS, num_chains=chains)
    found: dict[str, bd.Inference] = {"nuts": nuts, "mclmc": of_catalog("mclmc")}
    for value in energy_vars:
        found[f"mclmc {value}"] = of_catalog("mclmc", desired_energy_var=value)
    if adjusted:
        found["mclmc_adjusted"] = of_catalog("mclmc_adjusted")
    return found


def main() -> None:
    """Print one line a fit and, last, one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", default="boston", help="default: boston")
    parser.add_argument("--model", default="ard_add", help="default: ard_add")
    parser.add_argument("--splits", type=int, nargs="+", default=[0], help="default: 0")
    parser.add_argument("--chains", type=int, default=8, help="default: 8")
    parser.add_argument("--energy-var", type=float, nargs="*", default=[])
    parser.add_argument("--adjusted", action="store_true")
    arguments = parser.parse_args()
    model = catalog.load("models", arguments.model).value
    dataset = bd.load_dataset(arguments.dataset)
    methods = contenders(arguments.chains, arguments.energy_var, arguments.adjusted)
    rows = []
    print(f"{arguments.dataset}, {arguments.chains} chains\n{HEADER}; ratio of gradients, Δ NLL")
    for index in arguments.splits:
        reference = None
        for name, method in methods.items():
            row = measured(model, dataset.split(index), method, seed=0)
            reference = reference or row
            ratio = row["gradients"] / reference["gradients"]
            gap = row["nll"] - reference["nll"]
            rows.append({"split": index, "method": name, **row, "ratio": ratio, "delta_nll": gap})
            print(f"{line(index, arguments.model, name, row)}; {ratio:.3f}, {gap:+.3f}", flush=True)
    print(json.dumps(rows))


if __name__ == "__main__":
    main()

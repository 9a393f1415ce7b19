"""The tables of ``evidence.py``: the priors of a data set, and of all data sets."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bayesdrop.posterior.results.evidence import AGREE, apart


@dataclass(frozen=True)
class Found:
    """The evidence of a prior on a data set, beside the best of the priors there."""

    name: str
    below: float
    apart: float
    loo_below: float
    loo_error: float
    fit: dict[str, Any]

    @property
    def agrees(self) -> bool:
        """Say whether the runs do."""
        return self.apart <= AGREE

    @property
    def range_of_runs(self) -> tuple[float, float]:
        """How far the best run is above the evidence, and the worst below it."""
        runs, evidence = self.fit["runs"], self.fit["log_evidence"]
        return max(runs) - evidence, evidence - min(runs)

    @property
    def line(self) -> str:
        """Its line in the table of the data set."""
        one = self.fit
        return (
            f"| {self.name} | {one['log_evidence']:.2f} | {self.below:.2f} | {self.apart:.2f} "
            f"| {self.loo_below:.1f} ± {self.loo_error:.1f} | {one['high_k']} "
            f"| {one['particles']} × {one['moves']} | {'' if self.agrees else 'not converged'} |"
        )


def found_in(folder: Path, begin: Mapping[str, str]) -> list[Found]:
    """What there is of a data set's priors, the best first; the best is one whose runs agree.

    ``begin`` is what the names of each prior's files begin with. The fit of most gradients counts.
    """
    fits = {}
    for prior, beginning in begin.items():
        read = [json.loads(path.read_text()) for path in folder.glob(f"{beginning}-*.json")]
        if read:
            fits[prior] = max(read, key=lambda one: one["gradients"])
    order = sorted(fits, key=lambda name: -fits[name]["log_evidence"])
    differ = {name: apart(one["runs"]) for name, one in fits.items()}
    best = next((name for name in order if differ[name] <= AGREE), next(iter(order), None))
    by_row = {name: np.array(fits[name]["loo_of_rows"]) for name in fits}
    best_by_loo = max(by_row.values(), key=np.sum, default=np.empty(0))
    found = []
    for name in order:
        one, lost = fits[name], best_by_loo - by_row[name]
        found.append(
            Found(
                name,
                fits[best]["log_evidence"] - one["log_evidence"],
                differ[name],
                lost.sum(),
                float(np.sqrt(len(lost)) * lost.std(ddof=1)),
                one,
            )
        )
    return found


def table(dataset: str, found: list[Found]) -> str:
    """The priors of a data set, in Markdown."""
    return "\n".join(
        [
            f"\n{dataset}\n",
            "| prior | log evidence | below the best | runs differ by | LOO below the best "
            "| high k | particles × moves | |",
            "|---|---|---|---|---|---|---|---|",
            *(one.line for one in found),
        ]
    )


def summary(by_data_set: dict[str, list[Found]]) -> str:
    """How far each prior's evidence is below the best, of all data sets, in Markdown."""
    cells = {
        (name, one.name): f"{one.below:.1f}" if one.agrees else "not converged"
        for name, found in by_data_set.items()
        for one in found
    }
    names = dict.fromkeys(name for _, name in cells)
    agree = sum(words != "not converged" for words in cells.values())
    return "\n".join(
        [
            "\nBelow the best prior of the data set, in nats\n",
            f"| prior | {' | '.join(by_data_set)} |",
            "|---" * (len(by_data_set) + 1) + "|",
            *(
                f"| {name} | {' | '.join(cells.get((data, name), '') for data in by_data_set)} |"
                for name in names
            ),
            f"\nRuns agree within {AGREE:g} nat in {agree} of {len(cells)} cells.",
        ]
    )

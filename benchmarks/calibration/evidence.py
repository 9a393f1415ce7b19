"""Which prior do the data prefer? The log evidence of noises and structures, by ``bd.SMC``.

    python benchmarks/calibration/evidence.py --out results/evidence
    python benchmarks/calibration/evidence.py --out results/evidence --table

The prior of each model of the catalog is put on one small residual network (``--hidden`` units), so
that particles can follow from the prior to the posterior. Targets that are classes get the
likelihood of classes. A fit is a file, so a stopped run goes on. Its name has two digests: that of
the model and the rows, and that of the method. So other settings are another fit.

A table is of one data set, one size of network and one number of rows. It has log p(y | X) of the
standardised target, and how far it is below the best prior's whose runs agree. They agree within 1
nat. Else the table says "not converged". Then run these models again with more particles or moves
(``--models``, ``--particles``, ``--moves``): the table shows each prior's fit of most gradients.
Beside it is how far PSIS-LOO is below its own best, with the standard error of that difference, and
how many rows have a Pareto k that is too high. A last table has all data sets.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

import bayesdrop as bd
from bayesdrop import catalog
from bayesdrop.files import replacing
from bayesdrop.posterior.comparing.psis_loo import high_k, log_scores, psis_loo
from bayesdrop.spec import digest

MODELS = (
    "gaussian_prior",
    "gaussian_ard",
    "laplace_ard",
    "student_t_ard",
    "horseshoe_ard",
    "regularized_horseshoe_ard",
    "add",
    "ard_add",
    "drop_connect",
)
AGREE = 1.0  # nats


@dataclass(frozen=True)
class Question:
    """A model and rows: what an evidence is of."""

    name: str
    model: bd.Model
    data: bd.Dataset
    rows: int

    @classmethod
    def of(cls, name: str, dataset: str, hidden: int, most_rows: int) -> Question:
        """The prior of that name in the catalog, on the network of the table."""
        data = bd.load_dataset(dataset)
        model = replace(
            catalog.load("models", name).value,
            network=bd.ResNet(hidden=hidden),
            likelihood=likelihood_of(data.y),
        )
        return cls(name, model, data, min(most_rows, len(data.y)))

    @property
    def begin(self) -> str:
        """What the names of its files begin with."""
        return f"{self.name}-{digest([self.model, self.data.sha256, self.rows])[:12]}"

    def path(self, folder: Path, method: bd.SMC) -> Path:
        """The file of its evidence by a method."""
        return folder / f"{self.begin}-{digest([method, method.revision])[:12]}.json"

    def fitted(self, method: bd.SMC) -> dict[str, Any]:
        """The evidence by every run, and what that took."""
        start = time.perf_counter()
        chosen = np.random.default_rng(0).permutation(len(self.data.y))[: self.rows]
        post = bd.fit(self.model, self.data.X[chosen], self.data.y[chosen], method, seed=0)
        loo = psis_loo(post)
        return {
            "model": str(post.model),
            "inference": str(method),
            "particles": method.num_particles,
            "moves": method.num_mcmc_steps,
            "rows": self.rows,
            "runs": post.fit.info["log_evidence"],
            "log_evidence": post.log_evidence,
            "loo_of_rows": log_scores(loo).round(4).tolist(),
            "high_k": high_k(loo),
            "gradients": post.fit.info["gradients"],
            "seconds": time.perf_counter() - start,
        }


def likelihood_of(y: np.ndarray) -> bd.Likelihood:
    """That of classes if the target is all whole numbers from 0, as classes of data sets are."""
    values = np.unique(y)
    if not np.array_equal(values, np.arange(len(values))):
        return bd.Gaussian()
    return bd.Bernoulli() if len(values) == 2 else bd.Categorical(len(values))


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
    def line(self) -> str:
        """Its line in the table of the data set."""
        one = self.fit
        return (
            f"| {self.name} | {one['log_evidence']:.2f} | {self.below:.2f} | {self.apart:.2f} "
            f"| {self.loo_below:.1f} ± {self.loo_error:.1f} | {one['high_k']} "
            f"| {one['particles']} × {one['moves']} | {'' if self.agrees else 'not converged'} |"
        )


def found_in(folder: Path, questions: list[Question]) -> list[Found]:
    """What there is of a data set's priors, the best first; the best is one whose runs agree."""
    fits = {}
    for question in questions:
        read = [json.loads(path.read_text()) for path in folder.glob(f"{question.begin}-*.json")]
        if read:
            fits[question.name] = max(read, key=lambda one: one["gradients"])
    order = sorted(fits, key=lambda name: -fits[name]["log_evidence"])
    apart = {name: max(one["runs"]) - min(one["runs"]) for name, one in fits.items()}
    best = next((name for name in order if apart[name] <= AGREE), next(iter(order), None))
    by_row = {name: np.array(fits[name]["loo_of_rows"]) for name in fits}
    best_by_loo = max(by_row.values(), key=np.sum, default=np.empty(0))
    found = []
    for name in order:
        one, lost = fits[name], best_by_loo - by_row[name]
        found.append(
            Found(
                name,
                fits[best]["log_evidence"] - one["log_evidence"],
                apart[name],
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


def main() -> None:
    """Run what is missing, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("results/evidence"))
    parser.add_argument("--models", nargs="+", default=list(MODELS), help="of the catalog")
    parser.add_argument("--datasets", nargs="+", default=["yacht", "boston", "diabetes"])
    parser.add_argument("--rows", type=int, default=200, help="at most, drawn once; default: 200")
    parser.add_argument("--hidden", type=int, default=5, help="units of a layer; default: 5")
    parser.add_argument("--particles", type=int, default=2048, help="default: 2048")
    parser.add_argument("--moves", type=int, default=8, help="in a stage; default: 8")
    parser.add_argument("--runs", type=int, default=4, help="independent runs; default: 4")
    parser.add_argument("--table", action="store_true", help="run nothing, print what is there")
    given = parser.parse_args()
    method = bd.SMC(num_particles=given.particles, num_mcmc_steps=given.moves, num_runs=given.runs)
    by_data_set = {}
    for dataset in given.datasets:
        folder = given.out / dataset
        names = dict.fromkeys((*MODELS, *given.models))
        questions = {name: Question.of(name, dataset, given.hidden, given.rows) for name in names}
        for name in () if given.table else given.models:
            path = questions[name].path(folder, method)
            if not path.exists():
                found = questions[name].fitted(method)
                folder.mkdir(parents=True, exist_ok=True)
                with replacing(path) as temporary:
                    temporary.write_text(json.dumps(found))
        by_data_set[dataset] = found_in(folder, list(questions.values()))
        print(table(dataset, by_data_set[dataset]), flush=True)
    print(summary(by_data_set))


if __name__ == "__main__":
    main()

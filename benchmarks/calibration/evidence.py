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
Few particles that move often agree better than many that move little: at 10 million gradients the
runs of a Gaussian prior on concrete are 1.8 nats apart with 256 particles and 16 moves, and 3.2
with 1,024 and 4. So the defaults are few particles, many moves and large stages.

Beside it is how far PSIS-LOO is below its own best, with the standard error of that difference, and
how many rows have a Pareto k that is too high. A last table has all data sets, and ``evidence.png``
in the folder shows them.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from evidence_picture import picture
from evidence_tables import found_in, summary, table

import bayesdrop as bd
from bayesdrop import catalog
from bayesdrop.files import replacing
from bayesdrop.posterior.comparing.psis_loo import high_k, log_scores, psis_loo
from bayesdrop.show.style import save
from bayesdrop.spec import digest

MODELS = (
    "gaussian_prior",
    "gaussian_ard",
    "uniform_ard",
    "beta_ard",
    "laplace_ard",
    "student_t_ard",
    "horseshoe_ard",
    "regularized_horseshoe_ard",
    "add",
    "ard_add",
    "drop_connect",
)
DATASETS = ("diabetes", "boston", "energy", "concrete", "wine", "breast_cancer")
"""Those of the reference posteriors."""


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


def main() -> None:
    """Run what is missing, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("results/evidence"))
    parser.add_argument("--models", nargs="+", default=list(MODELS), help="of the catalog")
    parser.add_argument("--datasets", nargs="+", default=list(DATASETS))
    parser.add_argument("--rows", type=int, default=200, help="at most, drawn once; default: 200")
    parser.add_argument("--hidden", type=int, default=5, help="units of a layer; default: 5")
    parser.add_argument("--particles", type=int, default=512, help="default: 512")
    parser.add_argument("--moves", type=int, default=16, help="in a stage; default: 16")
    parser.add_argument("--runs", type=int, default=4, help="independent runs; default: 4")
    parser.add_argument("--table", action="store_true", help="run nothing, print what is there")
    given = parser.parse_args()
    method = bd.SMC(
        num_particles=given.particles,
        num_mcmc_steps=given.moves,
        num_runs=given.runs,
        target_ess=0.8,
    )
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
        by_data_set[dataset] = found_in(
            folder, {name: question.begin for name, question in questions.items()}
        )
        print(table(dataset, by_data_set[dataset]), flush=True)
    print(summary(by_data_set))
    save(picture(by_data_set), given.out / "evidence.png")


if __name__ == "__main__":
    main()

"""One of a reference's two samplers, at work: it goes on where it is, from call to call."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from bayesdrop.fit import fit
from bayesdrop.infer.base import Inference
from bayesdrop.posterior.loading import load
from bayesdrop.posterior.posterior import Posterior
from bayesdrop.progress import Progress, log
from bayesdrop.references.checks import Mixed, mixed
from bayesdrop.references.problem import ProblemRows, ReferenceProblem
from bayesdrop.references.quantities import Quantities, quantities
from bayesdrop.references.reference import Run
from bayesdrop.spec import to_dict

_ACCEPTANCE = "target_accept_prob"


@dataclass(frozen=True, eq=False)
class Sampling:
    """A sampler's fit so far, which lies at ``path`` too."""

    rows: ProblemRows
    path: Path
    progress: bool | Progress
    posterior: Posterior

    @cached_property
    def found(self) -> Quantities:
        """The draws of what a reference holds."""
        return quantities(self.posterior, self.rows.X)

    @cached_property
    def mixed(self) -> Mixed:
        """How well the chains have mixed."""
        return mixed(self.posterior, self.found)

    @property
    def run(self) -> Run:
        """What a reference says of it."""
        method, seconds = self.posterior.method, sum(self.posterior.fit.seconds.values())
        assert isinstance(method, Inference)
        return Run(method, self.posterior.seed, seconds, self.mixed)

    def until_mixed(self, until: float) -> Sampling:
        """Sample until the chains have mixed, or it is ``until`` by the monotonic clock.

        Divergent draws do not become fewer. If there are some, it begins again with a higher target
        acceptance probability, if the sampler has one.
        """
        found = self
        tuned = _ACCEPTANCE in to_dict(self.posterior.method)
        while found.mixed.faults:
            again = tuned and (found.mixed.divergences > 0 or found.mixed.left_out > 0)
            count = found.more(until)
            if not count:
                break
            found = found.begun_again() if again else found.longer(count)
        return found

    def more(self, until: float) -> int:
        """How many draws per chain to add: as many as there are, or what there is time for."""
        rate = self.mixed.num_draws / max(self.posterior.fit.seconds["run"], 1e-3)
        left = max(0.0, until - time.monotonic())
        return min(self.mixed.num_draws, math.floor(rate * left))

    def longer(self, count: int) -> Sampling:
        """Add so many draws to each chain."""
        return self._kept(self.posterior.continue_(count, progress=self.progress))

    def begun_again(self) -> Sampling:
        """Sample anew with a target acceptance probability that is half as far from 1."""
        sampler: Any = self.posterior.method
        target = (1 + sampler.target_accept_prob) / 2
        first = min(sampler.num_samples, 1000)
        stricter = replace(sampler, **{_ACCEPTANCE: target}, num_samples=first)
        model, seed = self.posterior.model, self.posterior.seed
        X, y = self.rows.X_train, self.rows.y_train
        return self._kept(fit(model, X, y, stricter, seed, self.progress))

    def _kept(self, posterior: Posterior) -> Sampling:
        return kept(replace(self, posterior=posterior))


def begun(
    problem: ReferenceProblem, rows: ProblemRows, number: int, path: Path, progress: bool | Progress
) -> Sampling:
    """Return what an earlier call left at ``path``, or the first draws of sampler ``number``."""
    sampler, seed = problem.samplers[number], problem.seed + number
    earlier = _earlier(path)
    if earlier is not None and _is_same(earlier, problem, rows, sampler, seed):
        return Sampling(rows, path, progress, earlier)
    first = fit(problem.model, rows.X_train, rows.y_train, sampler, seed, progress)
    return kept(Sampling(rows, path, progress, first))


def kept(sampling: Sampling) -> Sampling:
    """Write the fit to disk, and log how good it is."""
    sampling.posterior.save(sampling.path)
    found, name = sampling.mixed, type(sampling.posterior.method).__name__
    words = "; ".join(found.faults) or "all checks hold"
    log.info("%s: %s, %d draws: %s", sampling.path.parent.name, name, found.num_draws, words)
    return sampling


def _earlier(path: Path) -> Posterior | None:
    if not path.is_file():
        return None
    try:
        return load(path)
    except ValueError as error:
        log.warning("%s: it is made again", error)
        return None


def _is_same(
    earlier: Posterior, problem: ReferenceProblem, rows: ProblemRows, sampler: Inference, seed: int
) -> bool:
    return (
        earlier.model == problem.model
        and earlier.seed == seed
        and _essence(earlier.inference) == _essence(sampler)
        and np.array_equal(earlier.training.X_original, rows.X_train)
        and np.array_equal(earlier.training.target, rows.y_train)
    )


def _essence(sampler: Any) -> dict[str, Any]:
    """The settings that no attempt changes."""
    changes = ("num_samples", _ACCEPTANCE)
    return {name: value for name, value in to_dict(sampler).items() if name not in changes}

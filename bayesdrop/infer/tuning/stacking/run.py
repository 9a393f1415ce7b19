"""The run of :class:`bayesdrop.Stacking`: fits of a part, their weights, and fits of all rows."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bayesdrop import out_of_memory
from bayesdrop.bound import BoundModel
from bayesdrop.data.training import TrainingData
from bayesdrop.infer.base import Job
from bayesdrop.infer.tuning.stacking.mixture import Mixture, taken_apart
from bayesdrop.infer.tuning.validation import part_of, parts_of, predicted
from bayesdrop.posterior.comparing.mixture_weights import (
    apportioned,
    best_weights,
    log_scores_of_rows,
)
from bayesdrop.posterior.diagnosis.finished import check_numbers
from bayesdrop.posterior.posterior import Posterior
from bayesdrop.posterior.results.fit import Fit
from bayesdrop.progress import Progress, log

if TYPE_CHECKING:
    from bayesdrop.infer.tuning.stacking.settings import Stacking

Members = dict[str, Posterior]
"""Name → its fit."""


def run(
    settings: Stacking, bound: BoundModel, data: TrainingData, seed: int, progress: Progress
) -> Fit:
    """Find the weights, and mix fits of all rows by them."""
    rows = parts_of(data.rows, settings.validation, settings.validation_rows, seed)
    jobs = _jobs(settings, bound, part_of(bound, data, rows.training), seed)
    tried = {name: _fitted(name, job, progress) for name, job in jobs.items()}
    clock = time.perf_counter()
    scores = _scores(tried, data, rows.held_out)
    weights = best_weights(scores)
    spent = time.perf_counter() - clock
    counts = dict(zip(tried, apportioned(weights, settings.num_draws).tolist(), strict=True))
    jobs = _jobs(settings, bound, data, seed)
    final = {name: _fitted(name, jobs[name], progress) for name in tried if counts[name]}
    fits = [post.fit for post in [*tried.values(), *final.values()]]
    return Fit(
        Mixture.of([taken_apart(p.bound, p.result, counts[name]) for name, p in final.items()]),
        seconds={
            "compile": sum(fit.seconds.get("compile", 0.0) for fit in fits),
            "run": spent + sum(fit.seconds.get("run", 0.0) for fit in fits),
        },
        info={
            **_of_all(fits),
            "stack_members": {
                name: {
                    "weight": weight,
                    "num_draws": counts[name],
                    "mean_log_score": score if math.isfinite(score) else None,
                    **_said(name, final.get(name)),
                }
                for name, weight, score in zip(
                    tried, weights.tolist(), scores.mean(0).tolist(), strict=True
                )
            },
        },
    )


def _jobs(settings: Stacking, bound: BoundModel, data: TrainingData, seed: int) -> dict[str, Job]:
    """Every member's fit of those rows."""
    return {
        name: Job.of(method, settings.model_of(own, bound.model), data, seed)
        for name, own, method in settings.members
    }


def _fitted(name: str, job: Job, progress: Progress) -> Posterior:
    """The fit of a member, whose numbers are checked as those of any fit are."""
    inference, bound, data, seed = job
    with _naming(name):
        with out_of_memory.fitting(inference):
            fit = inference.run(bound, data, seed, progress)
        if fit.interrupted:
            raise KeyboardInterrupt
        post = Posterior(fit.bound or bound, fit.inference or inference, seed, data, fit)
        check_numbers(post)
    return post


@contextmanager
def _naming(name: str) -> Iterator[None]:
    """Say of what a member raises which member it was."""
    try:
        yield
    except (ArithmeticError, MemoryError, RuntimeError, TypeError, ValueError) as error:
        error.args = (f"the stack's member {name!r}: {error}", *error.args[1:])
        raise


def _scores(tried: Members, data: TrainingData, held_out: NDArray[np.intp]) -> NDArray[np.float64]:
    """The log density of each row's target under each member, (rows, members)."""
    target, columns = data.target[held_out], []
    for name, post in tried.items():
        with _naming(name):
            found = predicted(post, data.X_original[held_out])
            columns.append(log_scores_of_rows(found, target))
    scores = np.column_stack(columns)
    if len(missed := np.flatnonzero(np.isneginf(scores.max(1)))):
        raise ValueError(
            f"training row {held_out[missed[0]]} has the density 0 under every member of the stack "
            f"({', '.join(tried)}): leave it out, or give a member that predicts it"
        )
    return scores


def _of_all(fits: list[Fit]) -> Mapping[str, Any]:
    """Facts of all fits together: gradients where one counts them, devices, versions."""
    counted = [fit.info["gradients"] for fit in fits if "gradients" in fit.info]
    devices = dict.fromkeys(
        fit.info["device"].partition(":")[0] for fit in fits if "device" in fit.info
    )
    versions = {k: v for fit in fits for k, v in fit.info.get("versions", {}).items()}
    return {
        **({"gradients": sum(counted)} if counted else {}),
        **({"device": " and ".join(devices)} if devices else {}),
        **({"versions": versions} if versions else {}),
    }


def _said(name: str, post: Posterior | None) -> Mapping[str, Any]:
    """What diagnostics say of a member: its verdict, and warnings, which are logged."""
    if post is None:
        return {}
    with _naming(name):
        found = post.diagnose()
    for about, words in found.warnings.items():
        if about != "convergence":
            log.warning("the stack's member %r: %s", name, words)
    if found.converged is None:
        return {}
    return {"converged": found.converged, "summary": found.summary}

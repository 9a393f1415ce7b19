"""The run of :class:`bayesdrop.Stacking`: fits of a part, their weights, and fits of all rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bayesdrop import out_of_memory
from bayesdrop.bound import BoundModel
from bayesdrop.data.training import TrainingData
from bayesdrop.infer.base import Job
from bayesdrop.infer.tuning.stacking.mixture import Mixture, taken_apart
from bayesdrop.infer.tuning.validation import part_of, parts_of
from bayesdrop.posterior.comparing.mixture_weights import apportioned, best_weights
from bayesdrop.posterior.posterior import Posterior
from bayesdrop.posterior.results.fit import Fit
from bayesdrop.progress import Progress, log

if TYPE_CHECKING:
    from bayesdrop.infer.tuning.stacking.settings import Stacking


def run(
    settings: Stacking, bound: BoundModel, data: TrainingData, seed: int, progress: Progress
) -> Fit:
    """Find the weights, and mix fits of all rows by them."""
    rows = parts_of(data.rows, settings.validation, settings.validation_rows, seed)
    some = _jobs(settings, bound, part_of(bound, data, rows.training), seed)
    tried = {name: _fitted(name, job, progress) for name, job in some.items()}
    X, y = data.X_original[rows.held_out], data.target[rows.held_out]
    scores = np.column_stack([_log_scores(name, post, X, y) for name, post in tried.items()])
    weights = best_weights(scores)
    counts = dict(zip(tried, apportioned(weights, settings.num_draws).tolist(), strict=True))
    every = _jobs(settings, bound, data, seed)
    final = {name: _fitted(name, every[name], progress) for name in tried if counts[name]}
    members = {
        name: {"weight": weight, "mean_log_score": score, **_convergence(name, final.get(name))}
        for name, weight, score in zip(
            tried, weights.tolist(), scores.mean(0).tolist(), strict=True
        )
    }
    fits = [post.fit for post in [*tried.values(), *final.values()]]
    return Fit(
        Mixture.of([taken_apart(p.bound, p.result, counts[name]) for name, p in final.items()]),
        seconds={k: sum(fit.seconds.get(k, 0.0) for fit in fits) for k in ("compile", "run")},
        info={"gradients": sum(fit.info.get("gradients", 0) for fit in fits), "members": members},
    )


def _jobs(settings: Stacking, bound: BoundModel, data: TrainingData, seed: int) -> dict[str, Job]:
    """Every member's fit of those rows."""
    return {
        name: Job.of(method, settings.model_of(own, bound.model), data, seed)
        for name, own, method in settings.members
    }


def _fitted(name: str, job: Job, progress: Progress) -> Posterior:
    """The fit of a member; what can't go on says which one it was."""
    inference, bound, data, seed = job
    with _diverging(name), out_of_memory.fitting(inference, 1):
        fit = inference.run(bound, data, seed, progress)
    if fit.interrupted:
        raise KeyboardInterrupt
    return Posterior(fit.bound or bound, inference, seed, data, fit)


@contextmanager
def _diverging(name: str) -> Iterator[None]:
    """Say which member it was."""
    try:
        yield
    except FloatingPointError as error:
        raise FloatingPointError(f"the stack's member {name!r}: {error}") from error


def _log_scores(
    name: str, post: Posterior, X: NDArray[np.float64], y: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The log density of each row's target, all outputs together."""
    with _diverging(name):
        scores = post.predict(X, seed=post.seed).log_prob(y)
    return scores.reshape(len(scores), -1).sum(1)


def _convergence(name: str, post: Posterior | None) -> dict[str, Any]:
    """Whether the chains of a member have converged; nothing of methods without chains."""
    if post is None or (found := post.diagnose()).converged is None:
        return {}
    if not found.converged:
        log.warning("the stack's member %r has not converged: %s", name, found.summary)
    return {"converged": found.converged, "max_rhat_f": found.max_rhat_f}

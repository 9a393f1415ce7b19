"""What the user of a fit should know of it, in a sentence or two each, with what to do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from bayesdrop.alternatives import methods_for
from bayesdrop.data.target import made_names
from bayesdrop.posterior.diagnosis.explained import (
    NEIGHBOURS,
    explained_by_fit,
    explained_by_neighbours,
)
from bayesdrop.posterior.diagnosis.outliers import squeezed_columns
from bayesdrop.posterior.diagnosis.training_loss import share_of_fall_at_end
from bayesdrop.posterior.results.evidence import MORE, doubt
from bayesdrop.spec import Spec
from bayesdrop.wording import some

if TYPE_CHECKING:
    from bayesdrop.posterior.diagnosis.diagnostics import Diagnostics
    from bayesdrop.posterior.posterior import Posterior

Concern = tuple[str, str]
"""What it is about, and the sentences."""

_NO_CHANCE = 0.25
"""Neighbours that explain less of the variance may do so by chance: of 20 rows of pure noise they
explain more once in fifty times."""
_HALF = 0.5  # a fit that explains less than half of what neighbours do has missed something
_NONE = 0.05

_LONGER = "Let the chains go on by post.continue_(num_samples=...), or give more num_warmup"
_SMALLER = "Take smaller steps: for NUTS and HMC a target_accept_prob nearer to 1"
_ADVICE = {
    "divergences": _SMALLER,
    "full trees": "Give a larger max_tree_depth",
    "chains left out": "Take smaller steps, or train the starts for longer (training_steps)",
}
"""What a problem is about → what to do; all others ask for a longer run."""


def explained_variance(posterior: Posterior) -> float | None:
    """The smallest share of an output's variance that the fit explains at its training rows.

    ``None`` if no output varies over the rows that are looked at, or no prediction is finite.
    """
    found = explained_by_fit(posterior)
    return float(found[np.isfinite(found)].min()) if np.isfinite(found).any() else None


def concerns(posterior: Posterior, found: Diagnostics) -> Iterator[Concern]:
    """The warnings that a fit deserves by what its diagnostics have ``found``."""
    if len(constant := posterior.training.scaling.left_out):
        names = some([posterior.feature_names[column] for column in constant])
        yield (
            "constant columns",
            f"X has one value in all training rows, to rounding, in {names}: nothing can be "
            "learned of it, and predictions leave it out. If its differences matter, subtract a "
            "value near all of them before",
        )
    if squeezed := squeezed_columns(posterior.training.X_original):
        names = some([posterior.feature_names[column] for column in squeezed])
        row = next(iter(squeezed.values()))
        yield (
            "outliers",
            f"a few rows, such as row {row}, are so far out in {names} that all others look alike "
            "to the model there: check these values, or give their logarithm",
        )
    if found.converged is False:
        longer = _longer(posterior.method)
        advice = dict.fromkeys(_ADVICE.get(about, longer) for about in found.problems)
        yield "convergence", ". ".join([found.summary, *advice])
    if found.divergences and "divergences" not in found.problems:
        total = found.num_chains * found.num_draws
        yield (
            "divergences",
            f"{found.divergences} of {total} draws are divergent, so there may be places that the "
            f"chains do not reach. {_SMALLER}",
        )
    if left_out := posterior.fit.left_out:
        reasons = "; ".join(f"chain {chain}: {reason}" for chain, reason in left_out.items())
        yield "chains left out", f"chains that ran away are left out ({reasons})"
    if unknown := doubt(posterior.fit.log_evidence):
        yield "evidence", unknown
    if share := share_of_fall_at_end(posterior.fit.losses):
        yield (
            "loss",
            f"the loss was still falling: the last tenth of training made {share:.1%} of all its "
            "fall. Train for longer (num_steps or num_epochs)",
        )
    if found.explained_variance is not None and found.explained_variance < _HALF:
        yield from _unexplained(posterior)


def _longer(method: Spec) -> str:
    """What helps a method whose chains are too short: those of particles can't go on."""
    has_particles = "num_mcmc_steps" in vars(method)
    return MORE.capitalize() if has_particles else _LONGER


def _unexplained(posterior: Posterior) -> Iterator[Concern]:
    """The output of which a row's neighbours tell most that the fit has missed, if there is one."""
    fit, neighbours = explained_by_fit(posterior), explained_by_neighbours(posterior)
    missed = (neighbours > _NO_CHANCE) & (fit < _HALF * neighbours)
    if not missed.any():
        return
    output = int(np.argmax(np.where(missed, neighbours - fit, -np.inf)))
    share = "none" if fit[output] < _NONE else f"{fit[output]:.0%}"
    target = "the target's variance"
    if not posterior.training.one_output:
        own = posterior.target
        names = made_names(len(fit)) if own is None else own.names
        target = f"the variance of output {names[output]!r}"
    own_method = type(posterior.inference).__name__
    others = methods_for(posterior.model, "NUTS", "MCLMC", "DeepEnsemble", but=own_method)
    closer = f", or use a method that may fit more closely: {others}" if others else ""
    yield (
        "explained variance",
        f"the fit explains {share} of {target} at its training rows, and the mean of a row's "
        f"{NEIGHBOURS} nearest neighbours explains {neighbours[output]:.0%}. It misses structure "
        f"that the inputs show: train for longer{closer}",
    )

"""Diagnostics of a fit: whether its chains have converged, and what is wrong if they have not."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bayesdrop.posterior.diagnosis.chain_statistics import MIN_DRAWS
from bayesdrop.posterior.diagnosis.concerns import concerns, explained_variance
from bayesdrop.posterior.diagnosis.members import members_of
from bayesdrop.posterior.diagnosis.mixing import LOCATION, Mixing, mixing, mixing_of_f, spread_rows
from bayesdrop.posterior.diagnosis.optimum import optimum_of
from bayesdrop.posterior.diagnosis.training_loss import final_loss
from bayesdrop.posterior.diagnosis.verdict import RHAT_LIMIT, Problem, in_words, problems

if TYPE_CHECKING:
    from bayesdrop.posterior.posterior import Posterior

_log = logging.getLogger("bayesdrop")

_ONE_CHAIN = "there is one chain, which may have missed what others would find: run four or more"


@dataclass(frozen=True)
class Diagnostics:
    """Diagnostics say how well a fit went; ``None`` or empty where one does not apply.

    R-hat is rank-normalised and split, and effective sample sizes are bulk and tail (Vehtari et al.
    2021). They are of the training rows, of at most 200 of them, evenly spaced.

    Attributes
    ----------
    num_chains, num_draws
        Chains, and draws (or stochastic passes) per chain.
    converged
        Samplers: nothing is wrong. A stack: nothing is wrong with any of its samplers. ``None``
        for other methods. R-hat of one chain compares its halves. It can't show what several chains
        would, and ``summary`` says so.
    problems
        What it is about → a sentence that says what is wrong: R-hat above 1.05, an effective sample
        size below 100, more than 1 % of the draws divergent or 5 % of the trees full, more than an
        eighth of the chains left out, or too few draws.
    rhat
        Quantity → largest R-hat over rows and outputs: ``"f(x)"``, other parameters of the
        likelihood at the rows such as ``"scale(x)"``, its own random variables such as
        ``"noise_scale"``, and ``"lp"``, the log of the density that the sampler moves in.
    nested_rhat
        The same of nested R-hat (Margossian et al. 2024), where chains started in superchains; then
        the verdict goes by it.
    bulk_ess, tail_ess
        Quantity → smallest effective sample size.
    max_rhat_f, share_rhat_f_above_1_05, min_ess_f
        For f(x) alone: the largest R-hat, the share of rows (times outputs) above 1.05, and
        the smallest bulk effective sample size.
    max_rhat_noise_scale
        Largest R-hat of the likelihood's own random variables.
    at_X
        ``max_rhat_f``, ``share_rhat_f_above_1_05`` and ``min_ess_f`` at the rows that were asked
        for. The verdict does not look at them.
    divergences
        Number of divergent draws.
    share_at_max_tree_depth
        Share of NUTS draws that used every leapfrog step they were allowed.
    left_out
        Number of chains that ran away.
    ended_by
        What ended the sampling: ``"num_samples"``, ``"converged"``, ``"max_seconds"``,
        ``"max_gradients"`` or ``"interrupted"``.
    final_loss
        Mean objective over the last twentieth of training, for methods that optimise.
    loss_change
        The relative change of that mean from the twentieth before it. It is negative while the
        loss still falls. Near 0 it says little: an optimiser whose steps are too small is there,
        too.
    max_location_error
        :class:`bayesdrop.SVI`: how far a site's location is from the guide's optimum, in standard
        deviations of the guide, root mean square over its elements; of the worst site.
    max_scale_error
        The same of the standard deviations, relative.
    explained_variance
        The share of the target's variance that the predictive mean explains (R²), at the training
        rows and of at most 50 draws; of several outputs the smallest. Classes count as one-hot.
    summary
        The verdict in words.
    warnings
        What it is about → what the user should know and can do: what :func:`bayesdrop.fit` logs.
        ``"constant columns"``: features that have one value in all training rows, and are left out.
        ``"outliers"``: features in which a few rows are so far out that the others look alike.
        ``"convergence"``: ``converged`` is false. ``"divergences"``: there are some, if fewer
        than the verdict minds. ``"chains left out"`` names those that ran away. ``"evidence"``: the
        runs of :class:`bayesdrop.SMC` differ by more than 1 nat. ``"loss"``: the loss was still
        falling. ``"explained variance"``: the fit explains less than half of what the mean of a
        row's five nearest neighbours does. If the target is noise, neighbours explain nothing, and
        there is no warning.
    """

    num_chains: int
    num_draws: int
    converged: bool | None = None
    problems: dict[str, str] = field(default_factory=dict)
    rhat: dict[str, float] = field(default_factory=dict)
    nested_rhat: dict[str, float] = field(default_factory=dict)
    bulk_ess: dict[str, float] = field(default_factory=dict)
    tail_ess: dict[str, float] = field(default_factory=dict)
    max_rhat_f: float | None = None
    share_rhat_f_above_1_05: float | None = None
    min_ess_f: float | None = None
    max_rhat_noise_scale: float | None = None
    at_X: dict[str, float] = field(default_factory=dict)
    divergences: int | None = None
    share_at_max_tree_depth: float | None = None
    left_out: int = 0
    ended_by: str | None = None
    final_loss: float | None = None
    loss_change: float | None = None
    max_location_error: float | None = None
    max_scale_error: float | None = None
    explained_variance: float | None = None
    summary: str = ""
    warnings: dict[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the diagnostics as plain JSON types."""
        return asdict(self)


def diagnose(posterior: Posterior) -> Diagnostics:
    """Diagnostics of ``posterior`` at its training rows."""
    found = replace(_verdict(posterior), explained_variance=explained_variance(posterior))
    return replace(found, warnings=dict(concerns(posterior, found)))


def _verdict(posterior: Posterior) -> Diagnostics:
    result, training, info = posterior.result, posterior.training, posterior.fit.info
    one_row = posterior.predict_standardised(training.X_standardised[:1])
    if result.num_chains is None:
        final, change = final_loss(posterior.fit.losses)
        optimum = optimum_of(info)
        judged = optimum or members_of(info)
        return Diagnostics(
            num_chains=1,
            num_draws=one_row.n_draws,
            final_loss=final,
            loss_change=change,
            max_location_error=optimum.location if optimum else None,
            max_scale_error=optimum.scale if optimum else None,
            converged=judged.converged if judged else None,
            summary=judged.summary if judged else "not a sampler: no R-hat",
        )
    stats = posterior.sample_stats
    known = Diagnostics(
        num_chains=result.num_chains,
        num_draws=one_row.n_draws // result.num_chains,
        divergences=int(stats["diverging"].sum()) if "diverging" in stats else None,
        share_at_max_tree_depth=_share(stats.get("reached_max_treedepth")),
        left_out=len(posterior.fit.left_out),
        ended_by=info.get("ended_by"),
    )
    if known.num_draws < MIN_DRAWS:
        short = f"there are too few draws for R-hat: {known.num_draws} of {MIN_DRAWS} per chain"
        return _judged(known, [Problem("draws", short)])
    rows = training.X_standardised[spread_rows(training.rows)]
    mixed = mixing(result, posterior.bound, rows, posterior.fit.superchains)
    likelihood = [site.name for site in posterior.sites if site.role == "likelihood"]
    own = [mixed.rhat[name] for name in likelihood if name in mixed.rhat]
    looked = replace(
        known,
        rhat=mixed.rhat,
        nested_rhat=mixed.nested_rhat,
        bulk_ess=mixed.bulk,
        tail_ess=mixed.tail,
        max_rhat_noise_scale=max(own, default=None),
        **_of_f(mixed),
    )
    return _judged(looked, problems(mixed, stats, known.num_chains, known.left_out))


def at_rows(posterior: Posterior, X: ArrayLike) -> dict[str, float]:
    """R-hat and effective sample size of f at rows ``X``; empty where R-hat does not apply."""
    result = posterior.result
    if posterior.diagnose().max_rhat_f is None:
        return {}
    return _of_f(mixing_of_f(result, posterior.bound, posterior.inputs(X)))


def warn_of(posterior: Posterior) -> None:
    """Log each warning that the fit deserves, once."""
    for words in posterior.diagnose().warnings.values():
        _log.warning("%s: %s", type(posterior.method).__name__, words)


def _judged(known: Diagnostics, wrong: Sequence[Problem]) -> Diagnostics:
    sentences = {problem.about: problem.sentence for problem in wrong}
    words = [f"not converged: {in_words(wrong)}" if wrong else "converged"]
    if known.num_chains == 1 and not wrong:
        words.append(_ONE_CHAIN)
    if known.left_out and "chains left out" not in sentences:
        total = known.num_chains + known.left_out
        words.append(f"{known.left_out} of {total} chains ran away and are left out")
    if known.ended_by == "interrupted":
        words.append(f"interrupted after {known.num_draws} draws per chain")
    elif known.ended_by in ("max_seconds", "max_gradients"):
        words.append(f"ended by {known.ended_by} after {known.num_draws} draws per chain")
    return replace(known, converged=not wrong, problems=sentences, summary="; ".join(words))


def _of_f(mixed: Mixing) -> dict[str, float]:
    return {
        "max_rhat_f": float(np.max(mixed.rhat_f)),
        "share_rhat_f_above_1_05": float(np.mean(np.array(mixed.rhat_f) > RHAT_LIMIT)),
        "min_ess_f": mixed.bulk[LOCATION],
    }


def _share(flags: NDArray | None) -> float | None:
    return None if flags is None else float(np.mean(flags))

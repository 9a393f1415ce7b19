"""Fits of the same rows compared by leave-one-out cross-validation and by their evidence."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from inspect import signature
from typing import TYPE_CHECKING, Any

import numpy as np

from bayesdrop.posterior.comparing.comparable import check_comparable
from bayesdrop.posterior.comparing.mixture_weights import best_weights
from bayesdrop.posterior.comparing.psis_loo import high_k, log_scores, psis_loo
from bayesdrop.posterior.export.arviz import import_arviz
from bayesdrop.posterior.results.evidence import doubt
from bayesdrop.quiet import ignored

if TYPE_CHECKING:
    import pandas as pd

    from bayesdrop.posterior.posterior import Posterior

_log = logging.getLogger("bayesdrop")

_ARVIZ_1 = {"elpd": "elpd_loo", "p": "p_loo"}
_COLUMNS = ["rank", "elpd_loo", "se", "elpd_diff", "dse", "p_loo"]


def compare(posteriors: Mapping[str, Posterior]) -> pd.DataFrame:
    """Compare fits of the same rows by PSIS-LOO, the best first.

    Leave-one-out cross-validation asks how well a fit to all other rows predicts each row. Pareto
    smoothed importance sampling estimates it from the draws of one fit, without fitting again. The
    computation is ArviZ's (``arviz.loo`` and ``arviz.compare``), except for the weights, which are
    those of :func:`bayesdrop.stack`. One row is left out at a time, with all its outputs. Densities
    are those of the target in its original units, however it was standardised in a fit.

    A difference says little if it is below 4, or less than a few standard errors (Sivula et al.
    2025). The evidence asks another question, how well the prior predicts the rows, and depends on
    the width of the prior far more than LOO does.

    Parameters
    ----------
    posteriors
        Name → fit by a sampler, such as :class:`bayesdrop.NUTS`, :class:`bayesdrop.MCLMC` or
        :class:`bayesdrop.SMC`. There are at least two. Models, methods and features may differ.

    Returns
    -------
    frame
        One row per fit, indexed by its name, with ArviZ's names:

        ``rank``
            0 is the best.
        ``elpd_loo``, ``se``
            The expected log predictive density, summed over rows, in nats, and its standard error.
        ``elpd_diff``, ``dse``
            How far it is below that of the best, and the standard error of that difference.
        ``p_loo``
            The effective number of parameters.
        ``weight``
            The weight in the stacked predictive distribution. The weights sum to 1.
        ``high_k``
            How many rows have a Pareto k that is too high, so that their part is not reliable.
        ``log_evidence``, ``log_evidence_std``
            log p(y | X) of the target in its original units, and its standard deviation over
            runs, in nats. :class:`bayesdrop.SMC` estimates it; of other methods they are NaN.
        ``warning``
            In words, what speaks against the row's numbers. It is empty if nothing does. The same
            words are logged as warnings of the logger ``bayesdrop``.

    Raises
    ------
    TypeError
        ``posteriors`` is not a mapping of names to fits.
    ValueError
        There are fewer than two. Or one of them, which is named, has no draws of its posterior,
        has rows of different weights, or is of other rows or another target than the first.

    References
    ----------
    Vehtari, Gelman & Gabry (2017), "Practical Bayesian model evaluation using leave-one-out
    cross-validation and WAIC"; Vehtari et al. (2024), "Pareto smoothed importance sampling"; Yao et
    al. (2018), "Using stacking to average Bayesian predictive distributions"; Sivula et al. (2025),
    "Uncertainty in Bayesian leave-one-out cross-validation based model comparison".
    """
    check_comparable(posteriors)
    estimates = {name: psis_loo(posterior) for name, posterior in posteriors.items()}
    frame = _compared(estimates)
    names = list(frame.index)
    by_row = np.column_stack([log_scores(estimates[name]) for name in names])
    frame["weight"] = best_weights(by_row)
    frame["high_k"] = [high_k(estimates[name]) for name in names]
    evidence = [_log_evidence(posteriors[name]) for name in names]
    frame["log_evidence"] = [value for value, _ in evidence]
    frame["log_evidence_std"] = [spread for _, spread in evidence]
    concerns = {name: _concern(posteriors[name], estimates[name]) for name in names}
    frame["warning"] = list(concerns.values())
    for name, words in concerns.items():
        if words:
            _log.warning("compare: %s: %s", name, words)
    return frame


def _compared(estimates: Mapping[str, Any]) -> pd.DataFrame:
    """ArviZ's comparison by 0.23's names, and not rounded, as later versions do of themselves."""
    compared = import_arviz().compare
    settings = {"method": "pseudo-BMA"}  # of weights that are not used
    if "round_to" in signature(compared).parameters:
        settings["round_to"] = "none"
    with ignored():  # of Pareto k once more, which the frame has in words
        found = compared(dict(estimates), **settings)
    frame = found.rename(columns=_ARVIZ_1)[_COLUMNS]
    return frame.assign(elpd_diff=frame["elpd_loo"].iloc[0] - frame["elpd_loo"])


def _concern(posterior: Posterior, loo: Any) -> str:
    words = []
    if high := high_k(loo):
        worst = float(np.nanmax(np.asarray(loo.pareto_k)))
        words.append(
            f"{high} of {loo.n_data_points} rows have a Pareto k above {loo.good_k:.2f} (the "
            f"highest is {worst:.2f}), so what the other rows say of them is not known from this "
            "fit. Compare predictions of held-out rows by bd.evaluate"
        )
    if posterior.diagnose().converged is False:
        words.append("the chains have not converged, so neither have these numbers")
    if unknown := doubt(posterior.fit.log_evidence):
        words.append(unknown)
    return ". ".join(words)


def _log_evidence(posterior: Posterior) -> tuple[float, float]:
    """The log evidence of the target in original units, and its standard deviation; or NaN."""
    if not posterior.fit.log_evidence:
        return np.nan, np.nan
    training = posterior.training
    stretched = training.rows * float(np.sum(np.log(training.scaling.y_scale)))
    return posterior.log_evidence - stretched, posterior.log_evidence_std

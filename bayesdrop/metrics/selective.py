"""How well an uncertainty ranks errors: risk against coverage.

A user who keeps the most certain predictions alone has a coverage (the share kept) and a risk (the
mean loss of what is kept). The loss of a class is 1 if the most probable one is wrong. The loss of
a number is the squared error of the predictive mean. Every function takes ``uncertainty``, one
value for each target, of any scale; by default it is 1 less the largest probability, or the
predictive standard deviation. Targets of one uncertainty count as if in random order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bayesdrop.metrics.checks import checked_target, without_nan
from bayesdrop.metrics.classification import probabilities_and_target
from bayesdrop.metrics.ties import tie_ends, tied_means

if TYPE_CHECKING:
    from bayesdrop.posterior.prediction.predictive import Predictive

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class RiskCoverage:
    """The curve has the risk at every coverage, from the most certain target to all, (targets,).

    Attributes
    ----------
    coverage
        The share of targets that is kept, in (0, 1].
    risk
        Their mean loss.
    """

    coverage: Array
    risk: Array


def risk_coverage_curve(
    pred: Predictive, y: ArrayLike, uncertainty: ArrayLike | None = None
) -> RiskCoverage:
    """Return the risk at every coverage (El-Yaniv & Wiener 2010, JMLR 11)."""
    loss, doubt = loss_and_uncertainty(pred, y, uncertainty)
    ranked = tied_means(loss, by=doubt)
    count = np.arange(1, loss.size + 1)
    return RiskCoverage(count / loss.size, np.cumsum(ranked) / count)


def aurc(pred: Predictive, y: ArrayLike, uncertainty: ArrayLike | None = None) -> float:
    """Return the area under the risk–coverage curve: the mean of the risk over all coverages.

    Lower is better (Geifman, Uziel & El-Yaniv 2019, ICLR, equation 3).
    """
    return float(np.mean(risk_coverage_curve(pred, y, uncertainty).risk))


def augrc(pred: Predictive, y: ArrayLike, uncertainty: ArrayLike | None = None) -> float:
    """Return the area under the generalised risk–coverage curve.

    Its risk is the loss that is kept, per target in all. Lower is better. For classes it is (1 −
    AUROC) a (1 − a) + (1 − a)²/2, where a is the accuracy and AUROC that of the uncertainty as a
    score of errors (Traub et al. 2024, NeurIPS, equation 7).
    """
    curve = risk_coverage_curve(pred, y, uncertainty)
    kept = np.concatenate([[0.0], curve.risk * curve.coverage])
    return float(np.mean(0.5 * (kept[1:] + kept[:-1])))


def risk_at_coverage(
    pred: Predictive, y: ArrayLike, coverage: float = 0.8, uncertainty: ArrayLike | None = None
) -> float:
    """Return the risk of the most certain share ``coverage``, rounded up to whole targets.

    Raises
    ------
    ValueError
        ``coverage`` is not in (0, 1].
    """
    if not 0 < coverage <= 1:
        raise ValueError(f"coverage must lie in (0, 1], such as 0.8, not {coverage!r}")
    risk = risk_coverage_curve(pred, y, uncertainty).risk
    return float(risk[int(np.ceil(coverage * risk.size - 1e-9)) - 1])


def coverage_at_risk(
    pred: Predictive, y: ArrayLike, risk: float = 0.05, uncertainty: ArrayLike | None = None
) -> float:
    """Return the largest coverage of which the risk is at most ``risk``, or 0 if there is none.

    Targets of one uncertainty are kept together or not at all (Geifman & El-Yaniv 2017, NeurIPS).

    Raises
    ------
    ValueError
        ``risk`` is negative.
    """
    if not risk >= 0:
        raise ValueError(f"risk must be at least 0, such as 0.05, not {risk!r}")
    loss, doubt = loss_and_uncertainty(pred, y, uncertainty)
    ranked, ends = tied_means(loss, by=doubt), tie_ends(doubt)
    allowed = ends[np.cumsum(ranked)[ends - 1] <= (risk + 1e-12) * ends]
    return float(allowed.max(initial=0) / loss.size)


def pavpu(
    pred: Predictive,
    y: ArrayLike,
    threshold: float | None = None,
    uncertainty: ArrayLike | None = None,
) -> float:
    """Return the share of rows that are right and certain, or wrong and uncertain.

    Higher is better. It is "patch accuracy versus patch uncertainty" of Mukhoti & Gal (2018,
    arXiv:1811.12709, equation 8), with rows as patches.

    Parameters
    ----------
    pred, y, uncertainty
        The prediction of classes, what was observed, and the uncertainty.
    threshold
        Rows above it are uncertain. Default ``None``: the mean uncertainty.

    Raises
    ------
    TypeError
        The target is no class.
    """
    if pred.kind != "class":
        raise TypeError(f"a {pred.likelihood} target is no class, and never right: use ause")
    wrong, doubt = loss_and_uncertainty(pred, y, uncertainty)
    limit = doubt.mean() if threshold is None else threshold
    rounding = 1e-12 * np.abs(doubt).max() if threshold is None else 0.0
    return float(np.mean((wrong == 1) == (doubt - limit > rounding)))


def loss_and_uncertainty(
    pred: Predictive, y: ArrayLike, uncertainty: ArrayLike | None
) -> tuple[Array, Array]:
    """The loss of every target and its uncertainty, each (targets,)."""
    if pred.kind == "class":
        probabilities, target = probabilities_and_target(pred, y)
        loss = (probabilities.argmax(-1) != target).astype(np.float64)
        own = 1 - probabilities.max(-1)
    else:
        mean = np.asarray(pred.mean, np.float64)
        target = checked_target(pred, y, mean.shape)
        loss, own = (without_nan("the predictive mean", mean) - target) ** 2, pred.std
    doubt = without_nan("uncertainty", own if uncertainty is None else uncertainty)
    if doubt.shape != target.shape:
        raise ValueError(
            f"uncertainty has shape {doubt.shape}, y {target.shape}: give one value for each target"
        )
    return loss.ravel(), doubt.ravel()

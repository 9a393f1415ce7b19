"""Are the largest errors where the uncertainty is largest?

The error that is left when the most uncertain targets are removed is compared with the least
that any order could leave.

``uncertainty`` and its default are those of :mod:`bayesdrop.metrics.selective`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bayesdrop.metrics.selective import loss_and_uncertainty
from bayesdrop.metrics.ties import tied_means

if TYPE_CHECKING:
    from bayesdrop.posterior.prediction.predictive import Predictive

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Sparsification:
    """The curve has the error of what is left when targets are removed, (targets,).

    Attributes
    ----------
    removed
        The share of targets that is removed, in [0, 1).
    error
        The error of the rest, when the most uncertain ones are removed first.
    oracle
        The error of the rest, when those of the largest errors are removed first: the least.
    """

    removed: Array
    error: Array
    oracle: Array


def sparsification_curve(
    pred: Predictive,
    y: ArrayLike,
    uncertainty: ArrayLike | None = None,
    error: Literal["rmse", "mae"] = "rmse",
) -> Sparsification:
    """Return the error of what is left when the most uncertain targets are removed.

    The curve is that of Ilg et al. (2018, ECCV), §5.

    Parameters
    ----------
    pred, y, uncertainty
        The prediction, what was observed, and what ranks the targets.
    error
        ``"rmse"`` (default) or ``"mae"``, in the target's units.

    Raises
    ------
    TypeError
        The target is a class, of which there is no such error: see :func:`risk_coverage_curve`.
    ValueError
        ``error`` is neither.
    """
    if pred.kind == "class":
        raise TypeError(
            f"a {pred.likelihood} target has no RMSE: use risk_coverage_curve, whose loss is 1 for "
            "a wrong class"
        )
    if error not in ("rmse", "mae"):
        raise ValueError(f'error must be "rmse" or "mae", not {error!r}')
    squared, doubt = loss_and_uncertainty(pred, y, uncertainty)
    loss = squared if error == "rmse" else np.sqrt(squared)
    count = np.arange(1, loss.size + 1)

    def of_the_rest(by: Array) -> Array:
        mean = (np.cumsum(tied_means(loss, by=by)) / count)[::-1]
        return np.sqrt(mean) if error == "rmse" else mean

    return Sparsification((count - 1) / loss.size, of_the_rest(doubt), of_the_rest(loss))


def ause(
    pred: Predictive,
    y: ArrayLike,
    uncertainty: ArrayLike | None = None,
    error: Literal["rmse", "mae"] = "rmse",
) -> float:
    """Return the area under the sparsification error (AUSE).

    It says how far removal by uncertainty is from the oracle's. It is the mean over all shares
    removed of (error − oracle), relative to the error of all targets. 0 is best (Ilg et al. 2018,
    ECCV, §5). Arguments and errors are those of :func:`sparsification_curve`. It is 0 if there is
    no error at all.
    """
    curve = sparsification_curve(pred, y, uncertainty, error)
    return float(np.mean(curve.error - curve.oracle) / curve.error[0]) if curve.error[0] else 0.0

"""How well a score tells other data from the data that a model was trained on.

Each function takes the scores of rows like the training rows, ``inside``, and of rows from
elsewhere, ``outside``: any uncertainty, such as ``pred.entropy``, which should be larger outside.
What is to be found, the positive class, is ``outside``. Equal scores count as half a success.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bayesdrop.metrics.checks import without_nan

Array = NDArray[np.float64]


def auroc(inside: ArrayLike, outside: ArrayLike) -> float:
    """Area under the ROC curve: the probability that a row outside scores higher than one inside.

    0.5 is chance, 1 is best (Hendrycks & Gimpel 2017, ICLR).

    Parameters
    ----------
    inside, outside
        Scores of the rows, of any shape.

    Raises
    ------
    ValueError
        There is no score, or one is NaN. All functions here raise this.
    """
    from scipy.stats import rankdata

    low, high = _checked(inside, outside)
    ranks = rankdata(np.concatenate([low, high]))[low.size :]
    return float((ranks.mean() - (high.size + 1) / 2) / low.size)


def aupr(inside: ArrayLike, outside: ArrayLike) -> float:
    """Area under the precision–recall curve by average precision, Σ (R_k − R_{k−1}) P_k.

    Chance is the share of rows that are outside (Davis & Goadrich 2006, ICML). Arguments and errors
    are those of :func:`auroc`.
    """
    found, false = _alarms(*_checked(inside, outside))
    return float(np.sum(np.diff(found, prepend=0.0) * found / (found + false)) / found[-1])


def fpr95(inside: ArrayLike, outside: ArrayLike, recall: float = 0.95) -> float:
    """The share of rows inside that raise a false alarm when 95 % of those outside are found.

    0 is best. Some papers (Liang, Li & Srikant 2018, ICLR) call the rows inside positive; by their
    convention it is the share of rows outside that are missed when 95 % inside are kept.

    Parameters
    ----------
    inside, outside
        Scores of the rows, of any shape.
    recall
        The share of rows outside to be found, in (0, 1]. Default 0.95.
    """
    if not 0 < recall <= 1:
        raise ValueError(f"recall must lie in (0, 1], such as 0.95, not {recall!r}")
    low, high = _checked(inside, outside)
    found, false = _alarms(low, high)
    return float(false[np.argmax(found >= recall * high.size - 1e-9)] / low.size)


def _checked(inside: ArrayLike, outside: ArrayLike) -> tuple[Array, Array]:
    low, high = without_nan("inside", inside).ravel(), without_nan("outside", outside).ravel()
    for name, values in (("inside", low), ("outside", high)):
        if values.size == 0:
            raise ValueError(f"{name} has no scores: give one for each row")
    return low, high


def _alarms(low: Array, high: Array) -> tuple[Array, Array]:
    """Rows outside and inside that score at least t, for every score t from the highest down."""
    at = np.unique(np.concatenate([low, high]))[::-1]
    found, false = (
        values.size - np.searchsorted(np.sort(values), at, side="left") for values in (high, low)
    )
    return found.astype(np.float64), false.astype(np.float64)

"""How well a score tells other data from the data that a model was trained on.

Each function takes the scores of rows like the training rows, ``inside``, and of rows from
elsewhere, ``outside``: any uncertainty, such as ``pred.entropy``, which should be larger outside.
What is to be found, the positive class, is ``outside``. Equal scores count as half a success.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bayesdrop.metrics.checks import without_nan


def auroc(inside: ArrayLike, outside: ArrayLike) -> float:
    """Return the area under the ROC curve.

    It is the probability that a row outside scores higher than one inside: 0.5 is chance, 1 is best
    (Hendrycks & Gimpel 2017, ICLR).

    Parameters
    ----------
    inside, outside
        Scores of the rows, of any shape.

    Raises
    ------
    ValueError
        There is no score, or one is NaN. All functions here raise this.
    """
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(*_labelled(inside, outside)))


def aupr(inside: ArrayLike, outside: ArrayLike) -> float:
    """Return the area under the precision–recall curve by average precision, Σ (R_k − R_{k−1}) P_k.

    Chance is the share of rows that are outside (Davis & Goadrich 2006, ICML). Arguments and errors
    are those of :func:`auroc`.
    """
    from sklearn.metrics import average_precision_score

    return float(average_precision_score(*_labelled(inside, outside)))


def fpr95(inside: ArrayLike, outside: ArrayLike, recall: float = 0.95) -> float:
    """Return the share of rows inside that raise a false alarm when 95 % outside are found.

    0 is best. Some papers (Liang, Li & Srikant 2018, ICLR) call the rows inside positive; by their
    convention it is the share of rows outside that are missed when 95 % inside are kept.

    Parameters
    ----------
    inside, outside
        Scores of the rows, of any shape.
    recall
        The share of rows outside to be found, in (0, 1]. Default 0.95.
    """
    from sklearn.metrics import roc_curve

    if not 0 < recall <= 1:
        raise ValueError(f"recall must lie in (0, 1], such as 0.95, not {recall!r}")
    false, found, _ = roc_curve(*_labelled(inside, outside), drop_intermediate=False)
    return float(false[np.argmax(found >= recall - 1e-12)])


def _labelled(inside: ArrayLike, outside: ArrayLike) -> tuple[NDArray[np.bool_], NDArray]:
    """Which rows are outside, and the places of their scores, which unlike those are all finite."""
    low, high = without_nan("inside", inside).ravel(), without_nan("outside", outside).ravel()
    for name, values in (("inside", low), ("outside", high)):
        if values.size == 0:
            raise ValueError(f"{name} has no scores: give one for each row")
    _, places = np.unique(np.concatenate([low, high]), return_inverse=True)
    return np.arange(places.size) >= low.size, places

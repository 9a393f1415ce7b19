"""Predictions as a table: moments and intervals, or probabilities of classes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

    from bayesdrop.posterior.posterior import Posterior
    from bayesdrop.posterior.predictive import Predictive

LEVELS = (0.5, 0.9)
_ROWS_AT_A_TIME = 10_000
"""Draws of so many rows are in memory at once."""


def prediction_table(
    posterior: Posterior, frame: pd.DataFrame, levels: Sequence[float] = LEVELS, seed: int = 0
) -> pd.DataFrame:
    """The predictions of a fit at the rows of a frame, a row each, in their order.

    Parameters
    ----------
    frame
        It has the columns of the fit.
    levels
        Of central intervals, in (0, 1).
    seed
        Seed of stochastic passes and of drawn functions. Default 0.

    Returns
    -------
    table
        ``mean``, ``sd``, its parts ``epistemic_sd`` and ``aleatoric_sd``, and ``lower_90`` and
        ``upper_90`` for an interval of 0.9. Of classes: ``predicted_class``, and the probability
        ``p_`` of each. Where there are several targets, their number follows each name.

    Raises
    ------
    TypeError, ValueError
        See :meth:`bayesdrop.Posterior.predict`.
    """
    import pandas as pd

    parts = []
    for start in range(0, len(frame), _ROWS_AT_A_TIME):
        rows = frame.iloc[start : start + _ROWS_AT_A_TIME]
        predictive = posterior.predict(rows, seed=seed)
        columns = _of_classes if predictive.kind == "class" else _of_numbers
        parts.append(pd.DataFrame(columns(predictive, levels)))
    return pd.concat(parts, ignore_index=True)


def class_names(n_classes: int) -> tuple[str, ...]:
    """What classes are called: they are numbers from 0."""
    return tuple(map(str, range(n_classes)))


def _of_numbers(predictive: Predictive, levels: Sequence[float]) -> dict[str, NDArray]:
    columns = {
        "mean": predictive.mean,
        "sd": predictive.std,
        "epistemic_sd": predictive.epistemic_std,
        "aleatoric_sd": predictive.aleatoric_std,
    }
    for level in levels:
        lower, upper = predictive.interval(level)
        columns |= {f"lower_{100 * level:g}": lower, f"upper_{100 * level:g}": upper}
    return _per_target(columns)


def _of_classes(predictive: Predictive, levels: Sequence[float]) -> dict[str, NDArray]:
    names = np.array(class_names(predictive.probabilities.shape[-1]))
    columns = {"predicted_class": names[predictive.predicted_class]}
    for name, probability in zip(names, np.moveaxis(predictive.probabilities, -1, 0), strict=True):
        columns[f"p_{name}"] = probability
    return _per_target(columns)


def _per_target(columns: dict[str, NDArray]) -> dict[str, NDArray]:
    """Columns of (rows,); of (rows, targets) each is several."""
    found = {}
    for name, values in columns.items():
        several = {f"{name}_{k}": column for k, column in enumerate(values.T)}
        found |= {name: values} if values.ndim == 1 else several
    return found

"""Predictions as a table: one row per row, one column per number that a user asks for first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

    from bayesdrop.posterior.predictive import Predictive

Columns = dict[str, NDArray]
"""Name → (rows, outputs)."""


def prediction_table(prediction: Predictive, interval: float = 0.9) -> pd.DataFrame:
    """See :meth:`bayesdrop.Predictive.to_frame`."""
    import pandas as pd

    found = _classes(prediction) if prediction.kind == "class" else _numbers(prediction, interval)
    if prediction.one_output:
        return pd.DataFrame(found)
    outputs = next(iter(found.values())).shape[1]
    return pd.DataFrame(
        {f"y{k}_{name}": value[:, k] for k in range(outputs) for name, value in found.items()}
    )


def _numbers(prediction: Predictive, interval: float) -> Columns:
    lower, upper = prediction.interval(interval)
    return {
        "mean": prediction.mean,
        "std": prediction.std,
        "epistemic_std": prediction.epistemic_std,
        "aleatoric_std": prediction.aleatoric_std,
        f"lower_{100 * interval:g}": lower,
        f"upper_{100 * interval:g}": upper,
    }


def _classes(prediction: Predictive) -> Columns:
    each = np.moveaxis(prediction.probabilities, -1, 0)
    return {
        "predicted_class": prediction.predicted_class,
        **{f"probability_{number}": value for number, value in enumerate(each)},
        "entropy": prediction.entropy,
        "mutual_information": prediction.mutual_information,
    }

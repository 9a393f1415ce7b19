"""Predictions as a table: one row per row, one column per number that a user asks for first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bayesdrop.data.target import made_names

if TYPE_CHECKING:
    import pandas as pd

    from bayesdrop.posterior.prediction.predictive import Predictive

Columns = dict[str, NDArray]
"""Name → (rows, outputs)."""


def prediction_table(prediction: Predictive, intervals: Sequence[float]) -> pd.DataFrame:
    """See :meth:`bayesdrop.Predictive.to_frame`."""
    import pandas as pd

    found = _classes(prediction) if prediction.kind == "class" else _numbers(prediction, intervals)
    if prediction.one_output:
        return pd.DataFrame(found)
    outputs = next(iter(found.values())).shape[1]
    outputs_named = prediction.output_names or made_names(outputs)
    return pd.DataFrame(
        {
            f"{output}_{name}": value[:, k]
            for k, output in enumerate(outputs_named)
            for name, value in found.items()
        }
    )


def _numbers(prediction: Predictive, intervals: Sequence[float]) -> Columns:
    columns = {
        "mean": prediction.mean,
        "std": prediction.std,
        "epistemic_std": prediction.epistemic_std,
        "aleatoric_std": prediction.aleatoric_std,
    }
    for interval in intervals:
        lower, upper = prediction.interval(interval)
        columns |= {f"lower_{100 * interval:g}": lower, f"upper_{100 * interval:g}": upper}
    return columns


def _classes(prediction: Predictive) -> Columns:
    each = np.moveaxis(prediction.probabilities, -1, 0)
    labels = range(len(each)) if prediction.classes is None else prediction.classes.tolist()
    return {
        "predicted_class": prediction.predicted_class,
        **{f"probability_{n}": value for n, value in zip(labels, each, strict=True)},
        "entropy": prediction.entropy,
        "mutual_information": prediction.mutual_information,
    }

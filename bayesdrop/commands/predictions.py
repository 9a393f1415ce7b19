"""Predictions of many rows as a table, some rows at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from bayesdrop.posterior.posterior import Posterior

LEVELS = (0.5, 0.9)
_ROWS_AT_A_TIME = 10_000
"""Draws of so many rows are in memory at once."""


def predictions_of(
    posterior: Posterior, frame: pd.DataFrame, levels: Sequence[float] = LEVELS, seed: int = 0
) -> pd.DataFrame:
    """The predictions of a fit at the rows of a frame, a row each, in their order.

    The columns are those of :meth:`bayesdrop.Predictive.to_frame`, with intervals of these levels.

    Raises
    ------
    TypeError, ValueError
        See :meth:`bayesdrop.Posterior.predict`.
    """
    import pandas as pd

    parts = [
        posterior.predict(frame.iloc[start : start + _ROWS_AT_A_TIME], seed=seed).to_frame(levels)
        for start in range(0, len(frame), _ROWS_AT_A_TIME)
    ]
    return pd.concat(parts, ignore_index=True)

"""Where the loss of a training ended, and whether it was still falling."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_OF_SECOND_HALF = 0.15
"""A loss that falls steadily makes a quarter of this fall at the end; an exponential decay makes
0.15 of it where three of its time constants fitted into the training."""
_OF_ALL = 0.005
_CERTAIN = 3.0  # standard errors
_FEWEST = 10  # losses


def final_loss(losses: NDArray) -> tuple[float | None, float | None]:
    """The mean of the last twentieth, and its relative change from the one before.

    There is no change from 0, or from a loss that was infinite.
    """
    part = max(1, len(losses) // 20)
    if not len(losses):
        return None, None
    final = float(np.mean(losses[-part:]))
    before = float(np.mean(losses[-2 * part : -part])) if len(losses) >= 2 * part else 0.0
    return final, (final - before) / abs(before) if before and np.isfinite(before) else None


def share_of_fall_at_end(losses: NDArray) -> float | None:
    """The share of all its fall that a loss made in the last tenth, if it is still falling.

    Training is cut into tenths, and their means are compared. The loss is still falling if the step
    from the ninth to the tenth is beyond three standard errors, at least 15 % of the fall from the
    sixth to the tenth and at least 0.5 % of that from the highest, of those tenths that are finite.
    Otherwise ``None``, as for fewer than 10 losses.
    """
    part = len(losses) // 10
    if len(losses) < _FEWEST:
        return None
    kept = np.asarray(losses[-10 * part :], dtype=np.float64)
    tenths = kept.reshape(10, part).mean(1)
    if not np.isfinite(kept[5 * part :]).all():
        return None
    fall, of_half = tenths[8] - tenths[9], tenths[5] - tenths[9]
    of_all = np.ptp(tenths[np.isfinite(tenths)])
    noise = np.sqrt(np.var(np.diff(kept[5 * part :])) / part)  # of a difference of two means
    least = max(_CERTAIN * noise, _OF_SECOND_HALF * of_half, _OF_ALL * of_all)
    return float(fall / of_all) if fall > least else None

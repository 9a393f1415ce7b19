"""The mean, standard deviation and standard error of values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple


class Summary(NamedTuple):
    """This holds statistics of ``n`` values.

    ``std`` has n − 1 in its denominator, and ``se`` is std / √n; both are NaN for n = 1.
    """

    n: int
    mean: float
    std: float
    se: float


def summary(values: Sequence[float]) -> Summary:
    """Summarise values that are taken as independent.

    Splits are not, as they share training data: compare methods by
    :func:`~bayesdrop.benchmark.stats.paired_tests.corrected_t_test`.
    """
    n = len(values)
    mean = math.fsum(values) / n
    if n == 1:
        return Summary(n, mean, math.nan, math.nan)
    std = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (n - 1))
    return Summary(n, mean, std, std / math.sqrt(n))

"""The draws that a run has made so far, on the host."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from bayesdrop.infer.mcmc.kernel import Draw
from bayesdrop.posterior.results.fit import Fit
from bayesdrop.posterior.results.weight_draws import WeightDraws

Arrays = dict[str, NDArray]


class KeptDraws:
    """Draws that come chunk by chunk, after those of an earlier fit if its chains go on.

    Attributes
    ----------
    count
        Draws per chain, those of the earlier fit among them.
    added
        Draws per chain without those.
    """

    def __init__(self, earlier: Fit | None) -> None:
        self._parts: list[Draw] = []
        self._expectations: list[Mapping[str, NDArray]] = []
        self.count = self.added = 0
        if earlier is not None and isinstance(earlier.result, WeightDraws):
            result = earlier.result
            self._parts = [Draw(result.values, result.sample_stats or {})]
            self.count = next(iter(result.values.values())).shape[1]

    def add(self, draw: Draw, number: int) -> None:
        """Copy the first ``number`` draws of a chunk, whose arrays are (chain, chunk, ...)."""
        if number == 0:
            return
        values, stats, expectations = (
            {name: np.array(array[:, :number]) for name, array in group.items()} for group in draw
        )
        self._parts.append(Draw(values, stats))
        self._expectations.append(expectations)
        self.count += number
        self.added += number

    def joined(self) -> tuple[Arrays, Arrays]:
        """Values and statistics of all draws so far, each array (chain, draw, ...)."""
        newest = self._parts[-1]
        values = _joined([part.values for part in self._parts], newest.values)
        stats = _joined([part.stats for part in self._parts], newest.stats)
        self._parts = [Draw(values, stats)]
        return values, stats

    @property
    def expectations(self) -> Arrays:
        """Those of the draws that were added."""
        return _joined(self._expectations, self._expectations[-1])


def _joined(parts: Sequence[Mapping[str, NDArray]], names: Iterable[str]) -> Arrays:
    if len(parts) == 1:
        return dict(parts[0])
    return {name: np.concatenate([part[name] for part in parts], axis=1) for name in names}

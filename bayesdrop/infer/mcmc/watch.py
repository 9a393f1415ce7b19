"""What ends a run: the watch looks at its draws and its budget between the driver's chunks."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Literal

from numpy.typing import NDArray

from bayesdrop.bound import BoundModel
from bayesdrop.data.training import TrainingData
from bayesdrop.infer.mcmc.runaways import chain_numbers, runaways
from bayesdrop.infer.mcmc.stop import Converged
from bayesdrop.posterior.diagnosis.mixing import mixing, spread_rows
from bayesdrop.posterior.diagnosis.verdict import problems
from bayesdrop.posterior.results.superchains import superchains_of
from bayesdrop.posterior.results.weight_draws import WeightDraws

EndedBy = Literal["num_samples", "converged", "max_seconds", "max_gradients", "interrupted"]

Arrays = Mapping[str, NDArray]

_LEAST_DRAWS = 50  # from one look to the next
_LONGER = 1.2  # times as many draws at the next look
_LOOKS = 2  # in a row at which nothing may be wrong


class Watch:
    """One run's watch, which begins with the run.

    Parameters
    ----------
    stop
        When to stop.
    bound, data
        The model and the training rows.
    num_superchains
        The number of superchains, if there are some.
    lowest_acceptance
        Chains that accept less than this on average are left out, as the sampler leaves them out;
        ``None``: none are.
    left_out
        The numbers of the chains that an earlier fit left out, if its chains go on.
    """

    def __init__(
        self,
        stop: Converged,
        bound: BoundModel,
        data: TrainingData,
        num_superchains: int | None,
        lowest_acceptance: float | None,
        left_out: frozenset[int],
    ) -> None:
        self._stop, self._bound = stop, bound
        self._rows = data.X_standardised[spread_rows(data.rows)]
        self._num_superchains, self._lowest = num_superchains, lowest_acceptance
        self._left_out = left_out
        self._begin, self._next_look, self._good = time.perf_counter(), _LEAST_DRAWS, 0

    def ended(
        self, draws: int, gradients: int, gathered: Callable[[], tuple[Arrays, Arrays]]
    ) -> EndedBy | None:
        """What ends the run now, if anything.

        ``draws`` per chain and ``gradients`` were made so far, and ``gathered()`` is the values
        and statistics of all of them.
        """
        if draws >= self._next_look:
            self._next_look = max(draws + _LEAST_DRAWS, round(_LONGER * draws))
            self._good = self._good + 1 if self._holds(*gathered()) else 0
            if self._good >= _LOOKS:
                return "converged"
        if self._stop.max_gradients is not None and gradients >= self._stop.max_gradients:
            return "max_gradients"
        if self._stop.max_seconds is not None:
            spent = time.perf_counter() - self._begin
            return "max_seconds" if spent >= self._stop.max_seconds else None
        return None

    def _holds(self, values: Arrays, stats: Arrays) -> bool:
        """Say whether nothing is wrong with the draws."""
        numbers = chain_numbers(len(next(iter(values.values()))), self._left_out)
        found = [] if self._lowest is None else runaways(stats, self._lowest)
        left_out = self._left_out.union(numbers[one["chain"]] for one in found)
        kept = [chain for chain, number in enumerate(numbers) if number not in left_out]
        if not kept:
            return False
        result = WeightDraws(
            {name: value[kept] for name, value in values.items()},
            {name: value[kept] for name, value in stats.items()},
        )
        groups = None
        if self._num_superchains is not None:
            everyone = len(kept) + len(left_out)
            groups = superchains_of(self._num_superchains, everyone, left_out)
        mixed = mixing(result, self._bound, self._rows, groups)
        limits = self._stop.max_rhat, self._stop.min_ess
        return not problems(mixed, result.sample_stats or {}, len(kept), len(left_out), *limits)

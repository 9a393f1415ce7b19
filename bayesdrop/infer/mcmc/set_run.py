"""The run of one data set: the draws it has, the watch over it, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bayesdrop.infer.mcmc.chain_states import to_arrays
from bayesdrop.infer.mcmc.kept_draws import Arrays, KeptDraws
from bayesdrop.infer.mcmc.kernel import Draw, Kernel
from bayesdrop.infer.mcmc.watch import EndedBy, Watch


@dataclass
class SetRun:
    """What changes while chains run on one data set.

    Attributes
    ----------
    kept
        Its draws.
    num_rows
        Rows of the data set.
    watch
        Its watch, if it may stop.
    before
        Gradients that its states don't count.
    ended_by
        What ended it; ``None`` while it runs.
    gradients, state
        Where it ended; ``None`` if that was lost.
    """

    kept: KeptDraws
    num_rows: int
    watch: Watch | None
    before: int = 0
    ended_by: EndedBy | None = None
    gradients: int | None = None
    state: Arrays | None = None

    def keep(self, draw: Draw, number: int) -> None:
        """Keep the first ``number`` draws of a chunk, unless the run has ended."""
        if self.ended_by is None:
            self.kept.add(draw, number)

    def look(self, states: Any, kernel: Kernel) -> None:
        """End the run if its watch says so."""
        if self.watch is None or self.ended_by is not None:
            return
        gradients = self.before + kernel.gradients(states, self.num_rows)
        found = self.watch.ended(self.kept.count, gradients, self.kept.joined)
        if found is not None:
            self.end(found, states, kernel)

    def end(self, ended_by: EndedBy, states: Any, kernel: Kernel) -> None:
        """End it at ``states``, or where they were lost (``None``), unless it has ended."""
        if self.ended_by is not None:
            return
        self.ended_by = ended_by
        if states is not None:
            self.gradients = self.before + kernel.gradients(states, self.num_rows)
            self.state = to_arrays(states)

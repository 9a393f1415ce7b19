"""What the run of a method returns: its result, and how the run went."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bayesdrop.bound import BoundModel
from bayesdrop.posterior.results.function_draws import FunctionDraws
from bayesdrop.posterior.results.stochastic_passes import StochasticPasses
from bayesdrop.posterior.results.superchains import superchains_of
from bayesdrop.posterior.results.weight_draws import WeightDraws
from bayesdrop.spec import Spec

Result = WeightDraws | StochasticPasses | FunctionDraws


@dataclass(frozen=True, eq=False, repr=False)
class Fit:
    """A fit is the outcome of one run, in standardised units.

    Attributes
    ----------
    result
        What was found: :class:`~bayesdrop.WeightDraws`, :class:`~bayesdrop.StochasticPasses` or
        :class:`~bayesdrop.FunctionDraws`.
    losses
        The objective over training, (steps,) or thinned; empty for samplers.
    seconds
        Wall time: ``{"compile": ..., "run": ...}``.
    info
        Further facts as JSON types: device, number of compilations, gradients taken, and of a
        sampler what ended it (``"ended_by"``; see :class:`bayesdrop.Diagnostics`).
    bound, inference
        The model that was fitted and the method that fitted it, where a search chose them.
        ``None`` stands for those that were given.
    state
        Name → array (chain, ...): where a sampler's chains are, so that they can go on. ``None``
        (default) if the method has no chains, or theirs were lost.
    """

    result: Result
    losses: NDArray = field(default_factory=lambda: np.empty(0))
    seconds: dict[str, float] = field(default_factory=dict)
    info: dict[str, Any] = field(default_factory=dict)
    bound: BoundModel | None = None
    inference: Spec | None = None
    state: dict[str, NDArray] | None = None

    @property
    def interrupted(self) -> bool:
        """Say whether Ctrl-C ended the sampling before it was done."""
        return self.info.get("ended_by") == "interrupted"

    @property
    def left_out(self) -> dict[int, str]:
        """Map the number of each chain that ran away, and is left out, to the reason."""
        return {one["chain"]: one["reason"] for one in self.info.get("excluded_chains", ())}

    @property
    def superchains(self) -> list[int] | None:
        """Return the number of each chain's superchain, or ``None`` if chains share no starts."""
        count = self.info.get("num_superchains")
        if count is None or self.result.num_chains is None:
            return None
        left_out = self.left_out
        return superchains_of(count, self.result.num_chains + len(left_out), left_out)

    @property
    def log_evidence(self) -> list[float]:
        """List the log evidence that each run of the method found; empty if it estimates none."""
        found = self.info.get("log_evidence", [])
        return found if isinstance(found, list) else [found]

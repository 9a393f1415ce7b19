"""What the run of a method returns: its result, and how the run went."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bayesdrop.bound import BoundModel
from bayesdrop.posterior.function_draws import FunctionDraws
from bayesdrop.posterior.stochastic_passes import StochasticPasses
from bayesdrop.posterior.weight_draws import WeightDraws
from bayesdrop.spec import Spec

Result = WeightDraws | StochasticPasses | FunctionDraws


@dataclass(frozen=True, eq=False, repr=False)
class Fit:
    """The outcome of one run, in standardised units.

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
        Further facts as JSON types: device, number of compilations, gradients taken.
    bound, inference
        The model that was fitted and the method that fitted it, where a search chose them.
        ``None`` stands for those that were given.
    """

    result: Result
    losses: NDArray = field(default_factory=lambda: np.empty(0))
    seconds: dict[str, float] = field(default_factory=dict)
    info: dict[str, Any] = field(default_factory=dict)
    bound: BoundModel | None = None
    inference: Spec | None = None

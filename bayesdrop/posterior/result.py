"""What an inference method returns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from bayesdrop.model import Form, Model
from bayesdrop.spec import Spec


@dataclass(frozen=True, eq=False, repr=False)
class Fit:
    """What an inference method returns, on the standardised scale.

    Attributes
    ----------
    values
        Site name → array (chain, draw, *shape) in the site's support. A scale that is absent is
        not part of what was fitted: each stochastic pass draws it from its prior, as in dropout.
        Empty if the method has a distribution over functions and none over weights.
    form
        The form whose sites these are.
    stochastic_passes, masks
        Where scales are absent: how many passes a prediction makes, and whether each row
        (``"row"``) or each pass (``"shared"``) has a noise of its own.
    learned
        Name → value of every parameter that the model says is ``Learned``.
    sample_stats
        ArviZ name → array (chain, draw), from samplers.
    losses
        The objective over training, (steps,) or thinned; empty for samplers.
    seconds
        Wall time: ``{"compile": ..., "run": ...}``.
    info
        Further JSON-able facts: device, number of compilations, gradients taken.
    state
        What a method without ``values`` predicts from: name → array.
    model, inference
        The model that was fitted and the method that fitted it, where a search chose them;
        ``None``: those it was given.
    """

    values: dict[str, NDArray]
    form: Form = "expanded"
    stochastic_passes: int | None = None
    masks: Literal["row", "shared"] = "row"
    learned: dict[str, float] = field(default_factory=dict)
    sample_stats: dict[str, NDArray] = field(default_factory=dict)
    losses: NDArray = field(default_factory=lambda: np.empty(0))
    seconds: dict[str, float] = field(default_factory=dict)
    info: dict[str, Any] = field(default_factory=dict)
    state: dict[str, NDArray] = field(default_factory=dict)
    model: Model | None = None
    inference: Spec | None = None

"""The guides of :class:`bayesdrop.SVI`: families of distributions over all latent variables.

There are d latent variables on the unconstrained scale. Beyond the gradient of the log joint a step
costs O(d) for mean-field and structured, O(d k) for the flow (k = 64 hidden units), O(d^3/2 + d²)
for low-rank, whose rank is √d, O(d²) for full-rank, and O(d) for dropout. All work with minibatches
and, but for dropout, with every noise: Boolean noise is relaxed
(:mod:`bayesdrop.infer.vi.relaxation`) and its logits are real variables like others.
"""

from __future__ import annotations

from typing import Literal

from bayesdrop.alternatives import methods_for
from bayesdrop.model import Model
from bayesdrop.sites import MARGINAL, Form

Guide = Literal["mean_field", "low_rank", "full_rank", "flow", "structured", "dropout"]


def why_not(guide: Guide, model: Model, form: Form) -> str | None:
    """Why ``guide`` can't be used with ``model`` in ``form``, and what can; ``None`` if it can."""
    boolean = model.boolean_noise
    if guide == "dropout" and boolean:
        expanded = "" if form == "expanded" else ' and form="expanded"'
        return (
            f"{boolean.name} is Boolean noise, and the dropout guide drops rows of weights itself, "
            f'so rows would be masked twice. Use guide="mean_field"{expanded}, which relaxes the '
            f"noise, or {methods_for(model, 'MCDropout')}; or the plain Gaussian prior with this "
            "guide"
        )
    if guide == "structured" and not model.noises:
        return (
            "its prior has no noise, so there are no scales to couple with the weights: "
            'guide="structured" would be guide="mean_field"'
        )
    if guide == "structured" and form in MARGINAL:
        mean_field = "" if boolean else 'guide="mean_field", or '
        return (
            f"in the {form} form scales are integrated out, and this guide couples scales with "
            f'weights: use {mean_field}form="expanded"'
        )
    return None

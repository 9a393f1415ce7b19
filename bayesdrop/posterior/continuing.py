"""Chains of a sampler that go on from where a fit left them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

from bayesdrop import out_of_memory
from bayesdrop.posterior.diagnosis.finished import finished
from bayesdrop.spec import Spec

if TYPE_CHECKING:
    from bayesdrop.infer.base import Inference
    from bayesdrop.posterior.posterior import Posterior
    from bayesdrop.progress import Progress


def continued(
    posterior: Posterior, num_samples: int, stop: Spec | None, progress: bool | Progress
) -> Posterior:
    """The fit with more draws: :meth:`bayesdrop.Posterior.continue_`."""
    method, before = cast("Inference", posterior.method), posterior.fit
    with out_of_memory.fitting(method):
        longer, fit = method.continued(
            posterior.bound, posterior.training, posterior.seed, before, num_samples, stop, progress
        )
    chosen = before.inference is not None
    return finished(
        replace(
            posterior,
            inference=posterior.inference if chosen else longer,
            fit=replace(fit, bound=before.bound, inference=longer if chosen else None),
        )
    )

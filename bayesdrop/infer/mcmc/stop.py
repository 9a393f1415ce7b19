"""When a sampler may stop before it has made all its draws."""

from __future__ import annotations

from dataclasses import dataclass

from bayesdrop.field_checks import checked_count, checked_number
from bayesdrop.posterior.diagnosis.verdict import ESS_LIMIT, RHAT_LIMIT
from bayesdrop.spec import Spec


@dataclass(frozen=True)
class Converged(Spec, kind="stop"):
    """Sample until the chains have converged, or the budget is spent, or ``num_samples`` are made.

    It looks at what :meth:`bayesdrop.Posterior.diagnose` looks at, at the training rows, and is
    satisfied when nothing is wrong at two successive looks. It looks at 50 draws per chain and
    whenever there are 50, and a fifth, more than at the last look. The budget is looked at between
    chunks of at most 50 draws; it is exceeded by one chunk at most, and one is kept whatever it is.
    ``fit.info["ended_by"]`` says what ended the sampling.

    The number of draws that convergence or ``max_gradients`` ends at follows from the seed.
    ``max_seconds`` depends on the machine and what else runs there: the same seed then gives the
    same draws, and another number of them.

    Parameters
    ----------
    max_rhat
        The largest R-hat, above 1; nested R-hat where chains start in superchains. Default 1.05.
    min_ess
        The smallest effective sample size over all chains, bulk and tail. Default 100.
    max_seconds
        Wall time since the run began: compilation, trained starts, tuning and warm-up count.
        Default ``None``: no limit.
    max_gradients
        Gradients of the log joint over all rows, of all chains; starts, tuning and warm-up count.
        Default ``None``: no limit.
    """

    max_rhat: float = RHAT_LIMIT
    min_ess: float = ESS_LIMIT
    max_seconds: float | None = None
    max_gradients: int | None = None

    def __post_init__(self) -> None:
        checked_number(self, "max_rhat", above=1)
        checked_number(self, "min_ess", above=0)
        if self.max_seconds is not None:
            checked_number(self, "max_seconds", above=0)
        if self.max_gradients is not None:
            checked_count(self, "max_gradients")

"""Maximum a posteriori: the one point where the posterior density is largest.

A step costs one gradient of the log joint over its batch, and in the first half over as many
held-out rows. No uncertainty about the weights is left:
it is the reference that deep ensembles and the Laplace approximation start from.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bayesdrop.bound import BoundModel
from bayesdrop.data.training import TrainingData
from bayesdrop.field_checks import checked_choice, checked_count, checked_number
from bayesdrop.infer.base import Inference, UnsupportedModelError
from bayesdrop.infer.engine.imports import ONE_AT_A_TIME
from bayesdrop.infer.engine.widths import has_wide_prior
from bayesdrop.infer.point.no_mode import no_mode
from bayesdrop.infer.point.unbounded import unbounded
from bayesdrop.model import Model
from bayesdrop.posterior.results.fit import Fit
from bayesdrop.progress import Progress
from bayesdrop.sites import MARGINAL, Form
from bayesdrop.spec import added


@dataclass(frozen=True)
class PointEstimate(Inference):
    """Weights are trained to a mode.

    The noise scale and the other variables of the likelihood are not part of that mode. A network
    that can pass through every training row makes the density infinite as the noise scale goes to
    0, and training follows: on Boston to a fiftieth of the test residuals. So training has
    two halves. In the first, the weights follow the training rows but for a share of them,
    ``held_out``, which those variables follow. In the second these stay where they are, and the
    weights follow all rows.

    Parameters
    ----------
    num_steps
        Optimisation steps of each half; a model without such variables has one half. Default
        5000.
    learning_rate
        Adam's first learning rate; it falls to 0 along a cosine. That of a weight is multiplied by
        its prior's standard deviation where that is above 1. Default 0.01.
    batch_size
        Rows per step, reshuffled every epoch, and at most so many held-out ones, drawn with
        replacement; ``None`` (default) uses all.
    held_out
        Share of the rows for the likelihood's own variables, drawn at random; 0 for the joint
        mode, where the data determine one. Default 0.2.
    """

    revision: ClassVar[int] = 3

    num_steps: int = 5000
    learning_rate: float = 0.01
    batch_size: int | None = None
    held_out: float = 0.2

    def __post_init__(self) -> None:
        checked_count(self, "num_steps")
        checked_number(self, "learning_rate", above=0)
        if self.batch_size is not None:
            checked_count(self, "batch_size")
        checked_number(self, "held_out", at_least=0, below=1)

    def revision_for(self, model: Model) -> int:
        in_batches = self.batch_size is not None and self.held_out > 0
        return self.revision + in_batches + has_wide_prior(model)

    def takes_row_terms(self) -> bool:
        return True

    def supports(self, model: Model) -> str | None:
        return no_mode(model, self.form)

    def check_mode(self, bound: BoundModel) -> None:
        """Refuse a marginal form whose density is infinite where the weights are 0.

        Raises
        ------
        UnsupportedModelError
            Too many weights share a noise; the message names it.
        """
        if self.form in MARGINAL and (reason := unbounded(bound)):
            name = type(self).__name__
            raise UnsupportedModelError(f"{name} can't run this model on these data: {reason}")


@dataclass(frozen=True)
class MAP(PointEstimate):
    __doc__ = f"""MAP finds the mode of the posterior density. It is one draw, for every row.

    The density is that of the sites' own values, without the Jacobian of a transform: in expanded
    form p(λ, z | y). In the marginal form it is p(w | y), so that the fit is a penalised estimate,
    whose penalty is −log of the prior that the noise induces; docs/methods.md has a table of them.
    In that form MAP refuses a noise that makes this density infinite at w = 0: half-Cauchy,
    half-normal and zero-mean Gaussian ones, and Rayleigh noise of more than one weight. In
    hierarchical form
    many noises have no mode for that reason: p(λ) times the density N(0, λ² σ₀²) of a unit's
    weights at 0 grows without bound as λ → 0.
    {PointEstimate.__doc__}
    form
        ``"expanded"`` (default), ``"marginal"`` or ``"marginal_large"``, which are those of
        :class:`bayesdrop.NUTS`; the mode is one of weights, and no scales are drawn.
    """

    form: Form = added("expanded")

    def __post_init__(self) -> None:
        super().__post_init__()
        checked_choice(self, "form", ("expanded", *MARGINAL))

    def run(self, bound: BoundModel, data: TrainingData, seed: int, progress: Progress) -> Fit:
        self.check_mode(bound)
        with ONE_AT_A_TIME:
            from bayesdrop.infer.point.training import run

        return run(self, bound, data, seed, progress)

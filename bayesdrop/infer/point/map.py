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
from bayesdrop.infer.base import Inference
from bayesdrop.infer.point.no_mode import no_mode
from bayesdrop.model import Model
from bayesdrop.posterior.fit import Fit
from bayesdrop.progress import Progress
from bayesdrop.spec import checked_count, checked_number


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
        Adam's first learning rate; it falls to 0 along a cosine. Default 0.01.
    batch_size
        Rows per step, reshuffled every epoch, and at most so many held-out ones, drawn with
        replacement; ``None`` (default) uses all.
    held_out
        Share of the rows for the likelihood's own variables, drawn at random; 0 for the joint
        mode, where the data determine one. Default 0.2.
    """

    revision: ClassVar[int] = 2

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
        return self.revision + (self.batch_size is not None and self.held_out > 0)

    def supports(self, model: Model) -> str | None:
        return no_mode(model)


@dataclass(frozen=True)
class MAP(PointEstimate):
    __doc__ = f"""The mode of the posterior density: one draw, the same network for every row.

    The density is that of the sites' own values in expanded form, p(λ, z | y): no Jacobian of a
    transform enters. In hierarchical form many noises have no mode, since p(λ) times the density
    N(0, λ² σ₀²) of a unit's weights at 0 grows without bound as λ → 0.
    {PointEstimate.__doc__}"""

    def run(self, bound: BoundModel, data: TrainingData, seed: int, progress: Progress) -> Fit:
        from bayesdrop.infer.point.training import run

        return run(self, bound, data, seed, progress)

"""Deep ensembles: modes found from different starts, averaged.

Lakshminarayanan, Pritzel & Blundell (2017), "Simple and scalable predictive uncertainty estimation
using deep ensembles". A step costs one gradient of the log joint over its batch per member.
"""

from __future__ import annotations

from dataclasses import dataclass

from bayesdrop.bound import BoundModel
from bayesdrop.data.training import TrainingData
from bayesdrop.field_checks import checked_choice, checked_count
from bayesdrop.infer.engine.chain_method import ChainMethod, checked_chain_method
from bayesdrop.infer.engine.imports import ONE_AT_A_TIME
from bayesdrop.infer.point.map import PointEstimate
from bayesdrop.posterior.results.fit import Fit
from bayesdrop.progress import Progress
from bayesdrop.sites import MARGINAL, Form
from bayesdrop.spec import added


@dataclass(frozen=True)
class DeepEnsemble(PointEstimate):
    __doc__ = f"""A deep ensemble is several networks, each trained from its own draw of the prior.

    Each has its own batches and held-out rows. Each is a draw, and a prediction is the equal
    mixture of theirs. The members are no sample of the posterior, so there is nothing for R-hat to
    tell. Each is trained to the mode that :class:`MAP` finds. The published recipe
    (Lakshminarayanan, Pritzel & Blundell 2017) has adversarial training too, which is left out.
    Members predict a variance under :class:`HeteroscedasticGaussian` alone.
    {PointEstimate.__doc__}
    num_members
        Default 5.
    chain_method
        Where members train: ``"parallel"`` over devices (host devices on a CPU), ``"sequential"``,
        ``"vectorized"``, or ``"auto"`` (default): parallel on a CPU of several cores,
        vectorized on a GPU.
    form
        It is that of :class:`MAP`. Default ``"expanded"``.
    """

    num_members: int = 5
    chain_method: ChainMethod = "auto"
    form: Form = added("expanded")

    def __post_init__(self) -> None:
        super().__post_init__()
        checked_count(self, "num_members")
        checked_chain_method(self)
        checked_choice(self, "form", ("expanded", *MARGINAL))

    def run(self, bound: BoundModel, data: TrainingData, seed: int, progress: Progress) -> Fit:
        self.check_mode(bound)
        with ONE_AT_A_TIME:
            from bayesdrop.infer.point.training import run

        return run(self, bound, data, seed, progress, self.num_members, self.chain_method)

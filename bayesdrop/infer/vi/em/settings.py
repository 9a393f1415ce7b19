"""Variational EM: a Gaussian over the weights, the scales as points with closed-form updates.

Nalisnick, Hernández-Lobato & Smyth (2019), "Dropout as a structured shrinkage prior", §4: the
E-step moves a mean-field Gaussian q(w) by gradients of the ELBO, the M-step puts every scale at
the maximum of the same objective. A step costs one gradient of the log likelihood over a
minibatch per particle, an M-step one pass over the weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bayesdrop.alternatives import methods_for
from bayesdrop.bound import BoundModel
from bayesdrop.data.training import TrainingData
from bayesdrop.field_checks import checked_choice, checked_count, checked_number
from bayesdrop.infer.base import Inference, UnsupportedModelError
from bayesdrop.infer.engine.imports import ONE_AT_A_TIME
from bayesdrop.infer.vi.em.scale_updates import CLOSED_FORM
from bayesdrop.model import Model
from bayesdrop.network import Network
from bayesdrop.posterior.results.fit import Fit
from bayesdrop.progress import Progress


@dataclass(frozen=True)
class VariationalEM(Inference):
    """Alternate an ELBO step for the weights with the exact maximum over the scales.

    The objective is E_q log p(y | X, w) − KL(q(w) ‖ p(w | scales)) + log p(scales) with
    q(w) = N(μ, s²) independent over weights and biases. Under inverse Nakagami noise
    (λ² ~ InverseGamma) and log-uniform noise log p(scales) is the density of λ², under half-Cauchy
    noise that of λ, as the paper states its updates; a log-uniform scale stays in its bounds.
    All scales are updated in turn after every epoch. The likelihood's own parameters are points
    too, moved by gradients (MAP). Other noises have no closed form and are refused; a model
    without noise gets mean-field variational inference.

    Gradients are reparametrised at the units' inputs (local reparametrisation; Kingma, Salimans &
    Welling 2015): every row has a draw of its own, which the objective allows.

    Parameters
    ----------
    num_epochs
        Passes over the training rows. Default 3000.
    batch_size
        Rows per step, reshuffled every epoch. Leftover rows are skipped in that epoch. ``None``
        uses all. Default 32.
    learning_rate
        Adam's first learning rate; it decays exponentially. Default 0.005.
    final_learning_rate
        Adam's last learning rate. Default 1e-4.
    num_particles
        Draws of q per row and step, in antithetic pairs. Default 2.
    init_scale
        Standard deviation with which q starts, of every weight and bias. Means start as in
        training, at N(0, 1/fan_in) for weights and 0 for biases. Default 0.01.
    kl
        ``"proper"`` (default): the objective above. ``"averaged"``: the log likelihood averaged
        over rows and the rest averaged over weights, as in the paper's code: the KL and
        log p(scales) count by (rows / weights), which tempers the posterior.
    num_samples
        Draws of q(w) that predictions average over. Default 1000.
    """

    num_epochs: int = 3000
    batch_size: int | None = 32
    learning_rate: float = 0.005
    final_learning_rate: float = 1e-4
    num_particles: int = 2
    init_scale: float = 0.01
    kl: Literal["proper", "averaged"] = "proper"
    num_samples: int = 1000
    form = "hierarchical"

    def __post_init__(self) -> None:
        for field in ("num_epochs", "num_particles", "num_samples"):
            checked_count(self, field)
        if self.batch_size is not None:
            checked_count(self, "batch_size")
        for field in ("learning_rate", "final_learning_rate", "init_scale"):
            checked_number(self, field, above=0)
        checked_choice(self, "kl", ("proper", "averaged"))

    def supports(self, model: Model) -> str | None:
        if model.network.shares_weights:
            return why_not_shared(model.network)
        others = methods_for(model, "SVI", "NUTS")
        for variable in model.variables:
            if variable.parameters:
                return (
                    f"{variable.name} is {variable.prior}, and the updates take the noise's "
                    f"parameters as numbers. Use {others}, or give numbers"
                )
            if variable.role == "scale" and type(variable.prior) not in CLOSED_FORM:
                known = ", ".join(f"bd.noise.{noise.__name__}" for noise in CLOSED_FORM)
                return (
                    f"{variable.name} is {variable.prior}, whose best scale has no closed form "
                    f"here; those of {known} have. Use {others}"
                )
        return None

    def run(self, bound: BoundModel, data: TrainingData, seed: int, progress: Progress) -> Fit:
        with ONE_AT_A_TIME:
            from bayesdrop.infer.vi.em.run import run

        if bound.shares_weights:
            raise UnsupportedModelError(why_not_shared(bound.model.network))
        return run(self, bound, data, seed, progress)

    def batches(self, rows: int) -> tuple[int, int]:
        """Return the rows per batch, and the batches per epoch."""
        size = min(self.batch_size or rows, rows)
        return size, rows // size


def why_not_shared(network: Network) -> str:
    """Why it can't run a network that shares weights."""
    return (
        f"{network} uses a weight at several places of a row, and a unit's noise would be "
        "drawn for each place alone (local reparametrisation). Use bd.SVI"
    )

"""Stochastic variational inference, by NumPyro's and Pyro's SVI.

Hoffman et al. (2013), "Stochastic variational inference"; Kucukelbir et al. (2017), "ADVI".
A step costs one gradient of the log joint over a minibatch per particle, and what the guide costs:
see :mod:`bayesdrop.infer.vi.guides`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

from bayesdrop.bound import BoundModel
from bayesdrop.data.training import TrainingData
from bayesdrop.field_checks import checked_choice, checked_count, checked_number
from bayesdrop.infer.base import Inference
from bayesdrop.infer.engine.imports import ONE_AT_A_TIME
from bayesdrop.infer.engine.minibatches import batches, gradients
from bayesdrop.infer.vi import guides
from bayesdrop.model import Model
from bayesdrop.posterior.results.fit import Fit
from bayesdrop.progress import Progress
from bayesdrop.sites import FORMS, MARGINAL, Form


@dataclass(frozen=True)
class SVI(Inference):
    """Fit a distribution on the unconstrained scale, the guide, by maximising the ELBO.

    What is fitted is the mean of the last quarter of Adam's iterates. Then 1000 draws of the guide,
    a gradient of the log joint each, measure how far it is from its optimum
    (:mod:`bayesdrop.infer.vi.svi.optimum`): ``Fit.info["optimum"]`` has that by site, and
    :meth:`bayesdrop.Posterior.diagnose` a verdict. The defaults cost 11 000 gradients.

    Parameters
    ----------
    guide
        The distribution of d latent variables: ``"mean_field"`` (default), independent
        normals; ``"low_rank"``, a
        normal with covariance of rank √d plus a diagonal; ``"full_rank"``, any normal;
        ``"flow"``, an affine coupling flow; ``"structured"``, normals in which the mean of each
        weight is linear in the scales that multiply it; ``"dropout"``, rows of weights that are
        dropped, see ``keep``.
    num_steps
        Optimisation steps. Default 10 000.
    learning_rate
        Adam's first learning rate; it decays exponentially. Default 0.01.
    final_learning_rate
        Adam's last learning rate. Default 1e-4.
    batch_size
        Rows per step, reshuffled every epoch; ``None`` (default) uses all.
    num_particles
        Samples of the guide per step. Default 1.
    num_samples
        Draws of the fitted guide that predictions average over. Default 1000.
    init_scale
        The guide's first standard deviation, about the prior's median. Default 0.1.
    keep
        The dropout guide's probability of not dropping a row. Default 0.9.
    form
        It is that of :class:`bayesdrop.NUTS`, marginal ones included: the guide is then over the
        weights alone, and scales are drawn from their conditional. Default ``"expanded"``.
    temperature
        Boolean noise (Bernoulli; expanded form only) is relaxed to a concrete distribution of
        this temperature, and draws hardened to 0 or 1, so that predictions use hard masks: an
        approximation beyond the guide's, see :mod:`bayesdrop.infer.vi.relaxation`. Default 0.5.
    backend
        ``"numpyro"`` (default), or ``"pyro"`` for the same guide and objective there.
    """

    guide: guides.Guide = "mean_field"
    num_steps: int = 10_000
    learning_rate: float = 0.01
    final_learning_rate: float = 1e-4
    batch_size: int | None = None
    num_particles: int = 1
    num_samples: int = 1000
    init_scale: float = 0.1
    keep: float = 0.9
    form: Form = "expanded"
    temperature: float = 0.5
    backend: Literal["numpyro", "pyro"] = "numpyro"
    revision: ClassVar[int] = 2

    def __post_init__(self) -> None:
        checked_choice(self, "guide", get_args(guides.Guide))
        for field in ("num_steps", "num_particles", "num_samples"):
            checked_count(self, field)
        if self.batch_size is not None:
            checked_count(self, "batch_size")
        for field in ("learning_rate", "final_learning_rate", "init_scale", "temperature"):
            checked_number(self, field, above=0)
        checked_number(self, "keep", above=0, below=1)
        checked_choice(self, "form", FORMS)
        checked_choice(self, "backend", ("numpyro", "pyro"))

    def revision_for(self, model: Model) -> int:
        draws_scales = self.form in MARGINAL
        return self.revision + draws_scales

    def takes_row_terms(self) -> bool:
        return True

    def supports(self, model: Model) -> str | None:
        return guides.why_not(self.guide, model, self.form) or model.why_not_in(self.form)

    def run(self, bound: BoundModel, data: TrainingData, seed: int, progress: Progress) -> Fit:
        if self.backend == "pyro":
            with ONE_AT_A_TIME:
                from bayesdrop.infer.vi.svi.pyro import run
        else:
            with ONE_AT_A_TIME:
                from bayesdrop.infer.vi.svi.numpyro import run
        return run(self, bound, data, seed, progress)

    def batches(self, rows: int) -> tuple[int, int, int]:
        """Return the rows per batch, the batches per epoch, and the epochs.

        Leftover rows are skipped in that epoch.
        """
        return batches(rows, self.batch_size, self.num_steps)

    @property
    def is_checked(self) -> bool:
        """Say whether :mod:`bayesdrop.infer.vi.svi.optimum` has conditions for the guide.

        The dropout guide can't shift a row without its dropped part, so it has none.
        """
        return self.guide != "dropout"

    @property
    def check_draws(self) -> int:
        """Count the draws of the guide that the check takes: at most 1000, and as many as steps."""
        return max(2, min(1000, self.num_steps))

    def gradients(self, rows: int) -> int:
        """Count the gradients of the log joint over all ``rows`` that a fit and its check take."""
        found = self.num_particles * gradients(rows, self.batch_size, self.num_steps)
        if self.is_checked:
            found += -(-self.check_draws * self.batches(rows)[0] // rows)
        return found

    @property
    def decay(self) -> float:
        """Return the factor of the learning rate per step."""
        return (self.final_learning_rate / self.learning_rate) ** (1 / self.num_steps)

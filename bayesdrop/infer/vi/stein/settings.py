"""Stein variational inference, by NumPyro's ``contrib.einstein``: particles that repel each other.

Liu & Wang (2016), "Stein variational gradient descent"; with normal particles, Rønning et al.
(2024), "ELBOing Stein". NumPyro evaluates the gradient at every particle once for each particle
that it moves: a step costs num_particles² gradients of the log joint over a minibatch.

The kernel is a radial basis function of the distance in the space of all parameters, with the
median distance for its width. In thousands of dimensions the repulsion is weak and the particles'
variance falls short of the posterior's (Ba et al. 2022, "Understanding the variance collapse of
SVGD in high dimensions").
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from bayesdrop.bound import BoundModel
from bayesdrop.data.training import TrainingData
from bayesdrop.field_checks import checked_choice, checked_count, checked_number
from bayesdrop.infer.base import Inference
from bayesdrop.infer.engine.imports import ONE_AT_A_TIME
from bayesdrop.infer.engine.minibatches import gradients
from bayesdrop.infer.reasons import learns_nothing
from bayesdrop.model import Model
from bayesdrop.posterior.results.fit import Fit
from bayesdrop.progress import Progress
from bayesdrop.sites import Form


@dataclass(frozen=True)
class SteinVI(Inference):
    """Move particles on the unconstrained scale towards the posterior, and apart.

    ``losses`` are norms of the force on the particles, which is 0 where they stay: no ELBO.

    Parameters
    ----------
    guide
        What a particle is: ``"delta"`` (default), a point, which is Stein variational gradient
        descent, and the points are the draws; ``"mean_field"``, independent normals, of whose
        mixture draws are made.
    num_particles
        Default 10.
    num_steps
        Optimisation steps. Default 2000.
    learning_rate
        Adagrad's, whose steps shrink by themselves. Default 0.05.
    batch_size
        Rows per step, reshuffled every epoch; ``None`` (default) uses all.
    num_samples
        Draws of the mixture of normals, rounded up to as many of each. Default 1000.
    init_scale
        A normal particle's first standard deviation. Default 0.1.
    form
        ``"expanded"`` (default) or ``"hierarchical"``.
    temperature
        The temperature of relaxed Boolean noise, as in :class:`bayesdrop.SVI`. Default 0.5.
    """

    revision: ClassVar[int] = 3

    guide: Literal["delta", "mean_field"] = "delta"
    num_particles: int = 10
    num_steps: int = 2000
    learning_rate: float = 0.05
    batch_size: int | None = None
    num_samples: int = 1000
    init_scale: float = 0.1
    form: Form = "expanded"
    temperature: float = 0.5

    def __post_init__(self) -> None:
        checked_choice(self, "guide", ("delta", "mean_field"))
        checked_count(self, "num_particles", at_least=2)
        for field in ("num_steps", "num_samples"):
            checked_count(self, field)
        if self.batch_size is not None:
            checked_count(self, "batch_size")
        for field in ("learning_rate", "init_scale", "temperature"):
            checked_number(self, field, above=0)
        checked_choice(self, "form", ("expanded", "hierarchical"))

    def takes_row_terms(self) -> bool:
        return True

    def supports(self, model: Model) -> str | None:
        return learns_nothing(model) or model.why_not_in(self.form)

    def run(self, bound: BoundModel, data: TrainingData, seed: int, progress: Progress) -> Fit:
        with ONE_AT_A_TIME:
            from bayesdrop.infer.vi.stein.run import run

        return run(self, bound, data, seed, progress)

    def gradients(self, rows: int) -> int:
        """Count the gradients of the log joint over all ``rows`` that a fit takes."""
        return self.num_particles**2 * gradients(rows, self.batch_size, self.num_steps)

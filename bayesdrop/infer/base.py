"""What an inference method is: its settings, what it can run, and its run."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bayesdrop.data.training import TrainingData
from bayesdrop.family import Parameters
from bayesdrop.model import Model, sites
from bayesdrop.posterior.result import Fit
from bayesdrop.progress import Progress
from bayesdrop.spec import Spec

if TYPE_CHECKING:
    from bayesdrop.posterior.posterior import Posterior


class UnsupportedModelError(ValueError):
    """The method can't run the model; the message says why and what to use."""


def learns_nothing(model: Model) -> str | None:
    """Why a method that only draws random variables can't run ``model``, or ``None``."""
    for name, start in model.learned.items():
        return (
            f"{name} is {start}, and drawing from a posterior optimises nothing. Use bd.SVI or "
            "bd.MCDropout, or give it a prior, such as bd.noise.Beta(2, 2) for a probability or "
            "bd.noise.HalfCauchy(1) for a scale"
        )
    return None


def needs_continuous(method: str, model: Model) -> str | None:
    """Why a sampler that moves continuous variables alone can't run ``model``, or ``None``."""
    for site in sites(model, 1):
        if site.support == "boolean":
            return (
                f"{site.name} is {site.prior}, and {method} moves continuous variables alone: "
                "use bd.NUTS, which sums over masks or alternates with them, or bd.MCDropout for "
                "many rows"
            )
    return learns_nothing(model)


class Inference(Spec, kind="inference"):
    """A configured inference method: a frozen dataclass of its settings.

    ``revision`` enters a benchmark cell's key: raise it when a change alters results.
    """

    revision: ClassVar[int] = 1

    @abstractmethod
    def supports(self, model: Model) -> str | None:
        """``None``, or in words why this method can't run ``model`` and what can.

        Imports no framework.
        """

    @abstractmethod
    def run(self, model: Model, data: TrainingData, seed: int, progress: Progress) -> Fit:
        """Fit ``model`` to the standardised rows of ``data``."""

    def fits_together(self, model: Model) -> bool:
        """Whether :meth:`run_many` trains fits of ``model`` as one program."""
        return False

    @classmethod
    def run_many(cls, jobs: Sequence[Job], progress: Progress) -> list[Fit]:
        """The fit of every job, all of this method.

        Each is what :meth:`run` gives, whatever the others are: fitting together saves time.
        """
        return [job.inference.run(job.model, job.data, job.seed, progress) for job in jobs]


class Job(NamedTuple):
    """One fit: what :meth:`Inference.run` is called with, and on what."""

    inference: Inference
    model: Model
    data: TrainingData
    seed: int


class FunctionSpaceInference(Inference):
    """A method with a distribution over functions and none over weights, such as a GP.

    Its fit has :attr:`bayesdrop.posterior.result.Fit.state` in place of values.
    """

    @property
    def function_chains(self) -> int | None:
        """Of how many chains its draws of functions are, one after the other; ``None``: of none."""
        return None

    @abstractmethod
    def parameters(
        self, posterior: Posterior, X: NDArray[np.float32], rng: np.random.Generator
    ) -> Parameters:
        """The likelihood's parameters at standardised ``X``, each (draws, rows, outputs, ...).

        ``posterior`` is a fit of this method.

        From draws of functions, so that their spread is the epistemic uncertainty.
        """

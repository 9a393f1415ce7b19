"""What an inference method is: its settings, what it can run, and its run."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from bayesdrop.bound import BoundModel
from bayesdrop.data.training import TrainingData
from bayesdrop.model import Model
from bayesdrop.posterior.results.fit import Fit
from bayesdrop.progress import Progress
from bayesdrop.sites import Form
from bayesdrop.spec import Spec


class UnsupportedModelError(ValueError):
    """The method can't run the model; the message says why and what to use."""


class Inference(Spec, kind="inference"):
    """An inference method is a frozen dataclass of its settings.

    A method of your own defines :meth:`supports` and :meth:`run`. ``form`` is the form of the
    model that it runs: a field of the method where it is a choice. A benchmark cell's key has
    :meth:`revision_for` its model, which is ``revision`` unless a change altered the results of
    some settings or models alone: raise it when a change alters results.

    A fit has the same bits on the same machine, with the same versions and the same layout: the
    number of fits trained together, the devices and the threads. ``Fit.info`` records the layout
    of a method that has a choice of it. In another layout every random draw is the same, and only
    the rounding differs: a few steps agree to 1e-5, while a long chain or training may drift apart.
    """

    revision: ClassVar[int] = 1
    form: Form = "expanded"

    @abstractmethod
    def supports(self, model: Model) -> str | None:
        """Return ``None``, or in words why this method can't run ``model`` and what can.

        It imports no framework.
        """

    @abstractmethod
    def run(self, bound: BoundModel, data: TrainingData, seed: int, progress: Progress) -> Fit:
        """Fit the model to the standardised rows of ``data``.

        Parameters
        ----------
        bound
            The model, bound to the shapes of ``data`` in this method's form.
        data
            The training rows.
        seed
            A whole number from 0, below 2³². The same seed gives the same result.
        progress
            Where to report steps.

        Raises
        ------
        UnsupportedModelError
            The method can't run the model on data of this size.
        FloatingPointError
            The run diverged.
        """

    def revision_for(self, model: Model) -> int:
        """Return the revision of the results that this method has for ``model``."""
        return self.revision

    def needs_standardised(self) -> bool:
        """Say whether the method has priors or bounds of its own, for standardised rows."""
        return False

    def takes_row_terms(self) -> bool:
        """Say whether :meth:`run` uses ``data.columns``, with exposures and sample weights."""
        return False

    def is_exact(self) -> bool:
        """Return whether this is a sampler whose chains have the posterior itself as their limit.

        A :class:`bayesdrop.ReferenceProblem` takes no others. Such a sampler has fields
        ``num_samples`` and ``num_chains``, and its chains can go on by :meth:`continued`. If draws
        diverge and it has a field ``target_accept_prob``, it is run again with that nearer to 1.
        """
        return False

    def fits_together(self, model: Model) -> bool:
        """Return whether :meth:`run_many` trains fits of ``model`` as one program."""
        return False

    @classmethod
    def run_many(cls, jobs: Sequence[Job], progress: Progress) -> list[Fit]:
        """Return the fit of every job, all of this method.

        Each is what :meth:`run` gives, whatever the others are: fitting together saves time.
        """
        fits = []
        for job in jobs:
            fit = job.inference.run(job.bound, job.data, job.seed, progress)
            if fit.interrupted and len(jobs) > 1:
                raise KeyboardInterrupt
            fits.append(fit)
        return fits

    def continued(
        self,
        bound: BoundModel,
        data: TrainingData,
        seed: int,
        earlier: Fit,
        num_samples: int,
        stop: Spec | None,
        progress: bool | Progress,
    ) -> tuple[Inference, Fit]:
        """Return the settings that the uninterrupted run would have had, and the fit of all draws.

        ``earlier`` is what :meth:`run` returned; the arguments are else those of :meth:`run` and of
        :meth:`bayesdrop.Posterior.continue_`.

        Raises
        ------
        ValueError
            The method has no chains that go on, as by default.
        """
        raise ValueError(
            f"{type(self).__name__} has no Markov chains that could go on: give it more steps or "
            "draws and fit again, or fit by a sampler such as bd.NUTS or bd.MCLMC"
        )


class Job(NamedTuple):
    """One fit: what :meth:`Inference.run` is called with, and on what."""

    inference: Inference
    bound: BoundModel
    data: TrainingData
    seed: int

    @classmethod
    def of(cls, inference: Inference, model: Model, data: TrainingData, seed: int) -> Job:
        """The job of fitting ``model`` to ``data``, bound to them in the method's form."""
        bound = data.bound_to(model, inference.form)
        return cls(inference, bound, data, seed)

"""What the settings of every sampler share: when it stops, where chains start, how they go on."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Hashable, Sequence
from copy import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

from bayesdrop.bound import BoundModel
from bayesdrop.data.training import TrainingData
from bayesdrop.field_checks import checked_count
from bayesdrop.infer.base import Inference, Job
from bayesdrop.infer.engine.chain_method import ChainMethod, checked_chain_method
from bayesdrop.infer.engine.grouping import fits_by_group
from bayesdrop.infer.engine.imports import ONE_AT_A_TIME
from bayesdrop.infer.mcmc.stop import Converged
from bayesdrop.model import Model
from bayesdrop.posterior.results.fit import Fit
from bayesdrop.posterior.results.weight_draws import WeightDraws
from bayesdrop.progress import Progress, progress_of
from bayesdrop.spec import Spec


class MarkovChains(Inference):
    """A sampler whose chains the driver runs. Its dataclasses have the fields below.

    Attributes
    ----------
    num_samples
        Draws kept per chain; with ``stop`` the most that are.
    num_chains
        The number of chains.
    stop
        When to stop before that.
    num_superchains
        How many groups of chains there are whose chains share a start.
    chain_method
        Where chains run; ``"auto"`` for a sampler that has no choice of it.
    """

    if TYPE_CHECKING:
        num_samples: int
        num_chains: int
        stop: Converged | None
        num_superchains: int | None

    chain_method: ChainMethod = "auto"

    @abstractmethod
    def sample(
        self, jobs: Sequence[Job], progress: Progress, earlier: Fit | None = None
    ) -> list[Fit]:
        """Return the fit of every job, all of this sampler, one model and one shape of data.

        Several are one program. ``earlier`` is a fit of the only job, whose chains go on. Raises
        what :meth:`Inference.run` does.
        """

    def run(
        self,
        bound: BoundModel,
        data: TrainingData,
        seed: int,
        progress: Progress,
        earlier: Fit | None = None,
    ) -> Fit:
        """Sample; ``earlier`` is a fit whose chains go on. Else see :meth:`Inference.run`."""
        return self.sample([Job(self, bound, data, seed)], progress, earlier)[0]

    def fits_together(self, model: Model) -> bool:
        """Return whether chains are batched: on an accelerator, or by ``"vectorized"``."""
        with ONE_AT_A_TIME:
            from bayesdrop.infer.engine.devices import resolve
        from bayesdrop.programs.host_devices import use_host_devices

        use_host_devices()  # before it asks JAX, which starts then
        return resolve(self.chain_method, self.num_chains) == "vectorized"

    @classmethod
    def run_many(cls, jobs: Sequence[Job], progress: Progress) -> list[Fit]:
        """Return the fit of every job. Batched chains of one shape run as one program."""

        def run(together: list[Job]) -> list[Fit]:
            sampler, model = together[0].inference, together[0].bound.model
            assert isinstance(sampler, MarkovChains)
            if len(together) > 1 and sampler.fits_together(model):
                found = sampler.sample(together, progress)
            else:
                found = super(MarkovChains, cls).run_many(together, progress)
            if len(jobs) > 1 and any(fit.interrupted for fit in found):
                raise KeyboardInterrupt
            return found

        return fits_by_group(jobs, _program_of, run)

    def takes_row_terms(self) -> bool:
        return True

    def of_any_length(self) -> Self:
        """Return these settings for one draw and no stop: what a compiled program depends on."""
        found = copy(self)
        object.__setattr__(found, "num_samples", 1)
        object.__setattr__(found, "stop", None)
        return found

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
        if earlier.state is None or not isinstance(earlier.result, WeightDraws):
            raise ValueError(
                "this fit does not hold where its chains are (an earlier bayesdrop saved it, or "
                "Ctrl-C cut a step short), so they can't go on: fit again with a larger "
                "num_samples, or start new chains from another seed"
            )
        made = next(iter(earlier.result.values.values())).shape[1]
        settings: dict[str, Any] = {"num_samples": num_samples, "stop": stop}
        added = replace(self, **settings)  # type: ignore[type-var]  # checks them
        longer = replace(added, num_samples=made + added.num_samples)  # type: ignore[type-var]
        return longer, longer.run(bound, data, seed, progress_of(progress), earlier)


def _program_of(job: Job) -> Hashable:
    shapes = job.data.X_standardised.shape, job.data.y_standardised.shape
    return job.inference, job.bound, shapes


def checked_chains(sampler: MarkovChains) -> None:
    """Raise an error that says so unless those settings are good that every sampler has."""
    checked_chain_method(sampler)
    name = type(sampler).__name__
    if sampler.stop is not None and not isinstance(sampler.stop, Converged):
        raise TypeError(
            f"{name}(stop={sampler.stop!r}): stop must be a bd.Converged, such as "
            "bd.Converged(max_rhat=1.05, min_ess=100), or None"
        )
    if sampler.num_superchains is None:
        return
    checked_count(sampler, "num_superchains", at_least=2)
    if sampler.num_chains % sampler.num_superchains:
        raise ValueError(
            f"{name}(num_chains={sampler.num_chains}, num_superchains={sampler.num_superchains}): "
            "every superchain has equally many chains, so num_chains must be a multiple of "
            "num_superchains"
        )

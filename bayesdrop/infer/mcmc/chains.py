"""What the settings of every sampler share: when it stops, where chains start, how they go on."""

from __future__ import annotations

from abc import abstractmethod
from copy import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

from bayesdrop.bound import BoundModel
from bayesdrop.data.training import TrainingData
from bayesdrop.infer.base import Inference
from bayesdrop.infer.mcmc.stop import Converged
from bayesdrop.posterior.fit import Fit
from bayesdrop.posterior.weight_draws import WeightDraws
from bayesdrop.progress import Progress, progress_of
from bayesdrop.spec import Spec, checked_count


class MarkovChains(Inference):
    """A sampler whose chains the driver runs. Its dataclasses have the four fields below.

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
    """

    if TYPE_CHECKING:
        num_samples: int
        num_chains: int
        stop: Converged | None
        num_superchains: int | None

    @abstractmethod
    def run(
        self,
        bound: BoundModel,
        data: TrainingData,
        seed: int,
        progress: Progress,
        earlier: Fit | None = None,
    ) -> Fit:
        """Sample; ``earlier`` is a fit whose chains go on. Else see :meth:`Inference.run`."""

    def of_any_length(self) -> Self:
        """These settings for one draw and without a stop: what a compiled program depends on."""
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


def checked_chains(sampler: MarkovChains) -> None:
    """Raise an error that says so unless ``stop`` and ``num_superchains`` of a sampler are good."""
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

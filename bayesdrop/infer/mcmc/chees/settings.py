"""ChEES-HMC, by BlackJAX: many chains in step, which tune their trajectories together.

Hoffman, Radul & Sountsov (2021), "An adaptive MCMC scheme for setting trajectory lengths in
Hamiltonian Monte Carlo". All chains take the same number of leapfrog steps at a time, so that they
vectorise without waiting for each other, as NUTS trees do. A step costs one gradient of the log
joint over all training rows, per chain.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from bayesdrop.field_checks import checked_choice, checked_count, checked_flag, checked_number
from bayesdrop.infer.base import Job
from bayesdrop.infer.engine.imports import ONE_AT_A_TIME
from bayesdrop.infer.mcmc.chains import MarkovChains, checked_chains
from bayesdrop.infer.mcmc.funnels import warn_of_funnels
from bayesdrop.infer.mcmc.moved import later_changes
from bayesdrop.infer.mcmc.stop import Converged
from bayesdrop.infer.reasons import needs_continuous
from bayesdrop.model import Model
from bayesdrop.posterior.results.fit import Fit
from bayesdrop.progress import Progress
from bayesdrop.sites import FORMS, Form
from bayesdrop.spec import added


@dataclass(frozen=True)
class ChEES(MarkovChains):
    """Many chains of Hamiltonian Monte Carlo share a step size and a trajectory length.

    The trajectory length maximises the change in the estimator of the expected square over the
    chains. Each draw goes a quasi-random part of it. Divergent chains do not affect the step size.
    So a chain that needs smaller steps than the others can get stuck. All its draws are then marked
    ``diverging``, and R-hat shows it. In the hierarchical form of a small network with unit noise
    that happened to one chain of 16 at the default target, and to none at 0.95.

    Parameters
    ----------
    num_warmup
        Adaptation steps of all chains, discarded. Default 1000.
    num_samples
        Draws kept per chain. Default 250.
    num_chains
        At least 2; the adaptation averages over them. Default 16.
    target_accept_prob
        Acceptance probability that the step size is tuned to. Default 0.8.
    max_num_steps
        Leapfrog steps per draw at most. Default 1000.
    diagonal_mass
        Adapt a diagonal mass matrix in the second half of warm-up. Default ``True``.
    adaptation_rate
        Adam's rate on the logarithm of the trajectory length. Default 0.025.
    form, centring
        They are those of :class:`bayesdrop.NUTS`. Defaults ``"expanded"`` and 0.3.
    training_steps, learning_rate
        Each chain starts at a draw of the prior, moved by at most so many of Adam's steps at this
        rate towards a mode, as in :class:`bayesdrop.MCLMC`. Defaults 5000 and 0.01.
    integrate_noise_scale
        It is that of :class:`bayesdrop.NUTS`. Default ``True``.
    stop
        When to stop before ``num_samples`` are made: a :class:`bayesdrop.Converged`. Default
        ``None``: never.
    num_superchains
        The number of groups of chains, for nested R-hat. The chains of a group share their start,
        and no randomness after that. It divides ``num_chains``. Default ``None``: every chain has
        its own start.
    """

    revision: ClassVar[int] = 7

    num_warmup: int = 1000
    num_samples: int = 250
    num_chains: int = 16
    target_accept_prob: float = 0.8
    max_num_steps: int = 1000
    diagonal_mass: bool = True
    adaptation_rate: float = 0.025
    form: Form = "expanded"
    centring: float | None = 0.3
    training_steps: int = 5000
    learning_rate: float = 0.01
    integrate_noise_scale: bool = added(True)
    stop: Converged | None = added(None)
    num_superchains: int | None = added(None)

    def __post_init__(self) -> None:
        for field in ("num_warmup", "num_samples", "max_num_steps", "training_steps"):
            checked_count(self, field)
        checked_count(self, "num_chains", at_least=2)
        checked_number(self, "target_accept_prob", above=0, below=1)
        for field in ("adaptation_rate", "learning_rate"):
            checked_number(self, field, above=0)
        checked_flag(self, "diagonal_mass")
        checked_flag(self, "integrate_noise_scale")
        checked_choice(self, "form", FORMS)
        if self.centring is not None:
            checked_number(self, "centring", above=0)
        checked_chains(self)

    def is_exact(self) -> bool:
        return True

    def revision_for(self, model: Model) -> int:
        return self.revision + later_changes(model, self.form, self.centring)

    def supports(self, model: Model) -> str | None:
        return needs_continuous("ChEES", model)

    def sample(
        self, jobs: Sequence[Job], progress: Progress, earlier: Fit | None = None
    ) -> list[Fit]:
        warn_of_funnels(self, jobs[0].bound, self.centring)
        from bayesdrop.programs.host_devices import use_host_devices

        use_host_devices()  # before BlackJAX starts JAX
        with ONE_AT_A_TIME:
            from bayesdrop.infer.mcmc.chees.kernel import sample

        return sample(self, jobs, progress, earlier)

"""Microcanonical Langevin Monte Carlo, by BlackJAX.

Robnik, De Luca, Silverstein & Seljak (2023), "Microcanonical Hamiltonian Monte Carlo"; Robnik &
Seljak (2024), "Fluctuation without dissipation: microcanonical Langevin Monte Carlo"; the adjusted
kernel: Robnik, Cohn-Gordon & Seljak (2025), "Metropolis adjusted microcanonical Hamiltonian Monte
Carlo". An integrator step (McLachlan's) costs two gradients of the log joint over all rows.

Measured on a network of 35 variables against 10,000 draws of a long NUTS run, unadjusted means and
variances of f(x) are within Monte Carlo error too (0.02 posterior standard deviations). On boston
and yacht the unadjusted kernel has 1.7 times the effective draws of f(x) per gradient
(docs/cost.md), neither being converged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from bayesdrop.field_checks import checked_choice, checked_count, checked_flag, checked_number
from bayesdrop.infer.base import Job
from bayesdrop.infer.engine.chain_method import ChainMethod
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
class MCLMC(MarkovChains):
    """Microcanonical Langevin chains, unadjusted or adjusted, each start at a trained point.

    Parameters
    ----------
    num_warmup
        Integrator steps per chain that tune it, discarded. Default 8000. At most the last 2000
        are held in memory at once.
    num_samples
        Draws kept per chain. Default 400.
    num_chains
        Default 8.
    steps_per_draw
        Integrator steps from one kept draw to the next. Default 40.
    adjusted
        ``True``: proposals of several steps, accepted or rejected, so that the draws are of the
        posterior itself. Default ``False``: steps as they are, biased by their energy errors.
    desired_energy_var
        Unadjusted: variance of a step's energy error per dimension that the step size is tuned
        to. Default 5e-4.
    target_accept_prob
        Adjusted: acceptance probability that the step size is tuned to. Default 0.9.
    steps_per_proposal
        Adjusted: integrator steps per proposal, on average. Default 8.
    diagonal_preconditioning
        Scale every dimension by its own standard deviation, found in warm-up. Default ``True``.
    form, centring
        They are those of :class:`bayesdrop.NUTS`. Defaults ``"expanded"`` and 0.3.
    training_steps, learning_rate
        Each chain starts at a draw of the prior, moved by at most so many of Adam's steps at this
        rate towards a mode. The rate of a weight is multiplied by its prior's standard deviation
        where that is above 1. From 20 rows on, a tenth of them is held out from this training
        alone. The start is the point of the training that predicts these rows best, since a
        network may overfit at the mode. The training ends when no better point has come for a
        fifth of these steps. Defaults 5000 and 0.01.
    chain_method
        It is that of :class:`bayesdrop.NUTS`. Default ``"auto"``.
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

    revision: ClassVar[int] = 9

    num_warmup: int = 8000
    num_samples: int = 400
    num_chains: int = 8
    steps_per_draw: int = 40
    adjusted: bool = False
    desired_energy_var: float = 5e-4
    target_accept_prob: float = 0.9
    steps_per_proposal: float = 8.0
    diagonal_preconditioning: bool = True
    form: Form = "expanded"
    centring: float | None = 0.3
    training_steps: int = 5000
    learning_rate: float = 0.01
    chain_method: ChainMethod = "auto"
    integrate_noise_scale: bool = added(True)
    stop: Converged | None = added(None)
    num_superchains: int | None = added(None)

    def __post_init__(self) -> None:
        checked_count(self, "num_warmup", at_least=100)
        for field in ("num_samples", "num_chains", "steps_per_draw", "training_steps"):
            checked_count(self, field)
        for field in ("adjusted", "diagonal_preconditioning"):
            checked_flag(self, field)
        for field in ("desired_energy_var", "learning_rate"):
            checked_number(self, field, above=0)
        checked_number(self, "target_accept_prob", above=0, below=1)
        checked_number(self, "steps_per_proposal", above=1.1)
        checked_flag(self, "integrate_noise_scale")
        checked_choice(self, "form", FORMS)
        if self.centring is not None:
            checked_number(self, "centring", above=0)
        checked_chains(self)

    def is_exact(self) -> bool:
        return self.adjusted

    def revision_for(self, model: Model) -> int:
        return self.revision + later_changes(model, self.form, self.centring)

    def supports(self, model: Model) -> str | None:
        return needs_continuous("MCLMC", model)

    def sample(
        self, jobs: Sequence[Job], progress: Progress, earlier: Fit | None = None
    ) -> list[Fit]:
        warn_of_funnels(self, jobs[0].bound, self.centring)
        from bayesdrop.programs.host_devices import use_host_devices

        use_host_devices()  # before BlackJAX starts JAX
        with ONE_AT_A_TIME:
            from bayesdrop.infer.mcmc.mclmc.kernel import sample

        return sample(self, jobs, progress, earlier)

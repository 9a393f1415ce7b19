"""Stochastic gradient Hamiltonian Monte Carlo, by BlackJAX's integrator: for many rows.

Chen, Fox & Guestrin (2014), "Stochastic gradient Hamiltonian Monte Carlo"; without momentum it is
Langevin dynamics, Welling & Teh (2011). A step costs one gradient of the log joint over a batch.
Nothing is accepted or rejected, so the draws are of the posterior only up to an error that falls
with the step size.

Each site is scaled by the size of its gradient over the rows (as in Wenzel et al. 2020, "How good
is the Bayes posterior in deep neural networks really?"), so that no direction within it has a
posterior precision much above N. A batch of B adds noise of variance up to N²/B to the gradient
there, and steps √(s B)/N of size make its variance too large by a share s/(2 (1 − momentum)),
whatever N and B. Directions about which the rows say less have less of either.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from bayesdrop.field_checks import checked_choice, checked_count, checked_number
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
class SGHMC(MarkovChains):
    """Chains follow Hamiltonian dynamics with friction on minibatches, from trained points.

    Nothing holds a chain back where the noise scale gets small: on Yacht one chain of two ran away
    at a step size of 0.02 and none at 0.002. If a chain runs away, the fit raises an error that
    asks for smaller steps.

    Parameters
    ----------
    num_warmup
        Steps per chain, discarded; the sites' scales are found anew along them. Default 5000.
    num_samples
        Draws kept per chain. Default 100.
    num_chains
        Default 4.
    steps_per_draw
        Steps from one kept draw to the next. Default 100.
    batch_size
        Rows per step, drawn with replacement; ``None``, or where there are fewer: all. Default 256.
    step_size
        The step size of gradient descent on the mean loss of a batch, times B/N. Default 0.002:
        with the default momentum, variances of a Gaussian are too large by some 2 % at worst.
    momentum
        Share of the momentum that a step keeps; 0 is Langevin dynamics (SGLD). Default 0.95.
    form, centring
        They are those of :class:`bayesdrop.NUTS`. Defaults ``"expanded"`` and 0.3.
    training_steps, learning_rate
        Each chain starts at a draw of the prior, moved by this many of Adam's steps, on minibatches
        too, at this rate towards a mode, as in :class:`bayesdrop.MCLMC`. Defaults 2000 and 0.01.
    chain_method
        It is that of :class:`bayesdrop.NUTS`. Default ``"auto"``.
    stop
        When to stop before ``num_samples`` are made: a :class:`bayesdrop.Converged`. Default
        ``None``: never.
    num_superchains
        The number of groups of chains, for nested R-hat. The chains of a group share their start,
        and no randomness after that. It divides ``num_chains``. Default ``None``: every chain has
        its own start.
    """

    num_warmup: int = 5000
    num_samples: int = 100
    num_chains: int = 4
    steps_per_draw: int = 100
    batch_size: int | None = 256
    step_size: float = 0.002
    momentum: float = 0.95
    form: Form = "expanded"
    centring: float | None = 0.3
    training_steps: int = 2000
    learning_rate: float = 0.01
    chain_method: ChainMethod = "auto"
    stop: Converged | None = added(None)
    num_superchains: int | None = added(None)
    revision: ClassVar[int] = 3

    def __post_init__(self) -> None:
        checked_count(self, "num_warmup", at_least=0)
        for field in ("num_samples", "num_chains", "steps_per_draw", "training_steps"):
            checked_count(self, field)
        if self.batch_size is not None:
            checked_count(self, "batch_size")
        for field in ("step_size", "learning_rate"):
            checked_number(self, field, above=0)
        checked_number(self, "momentum", at_least=0, below=1)
        checked_choice(self, "form", FORMS)
        if self.centring is not None:
            checked_number(self, "centring", above=0)
        checked_chains(self)

    def revision_for(self, model: Model) -> int:
        return self.revision + later_changes(model, self.form, self.centring)

    def supports(self, model: Model) -> str | None:
        return needs_continuous("SGHMC", model)

    def sample(
        self, jobs: Sequence[Job], progress: Progress, earlier: Fit | None = None
    ) -> list[Fit]:
        warn_of_funnels(self, jobs[0].bound, self.centring)
        from bayesdrop.programs.host_devices import use_host_devices

        use_host_devices()  # before BlackJAX starts JAX
        with ONE_AT_A_TIME:
            from bayesdrop.infer.mcmc.sghmc.kernel import sample

        return sample(self, jobs, progress, earlier)

"""Tempered sequential Monte Carlo, by BlackJAX: particles from the prior to the posterior.

Del Moral, Doucet & Jasra (2006), "Sequential Monte Carlo samplers". It estimates the evidence
p(y | X) on the way. The temperatures follow from the effective sample size of the weights (Jasra et
al. 2011), and the moves are Hamiltonian (Buchholz, Chopin & Jacob 2021).
"""

from __future__ import annotations

from dataclasses import dataclass

from bayesdrop.bound import BoundModel
from bayesdrop.data.training import TrainingData
from bayesdrop.field_checks import checked_choice, checked_count, checked_flag, checked_number
from bayesdrop.infer.base import Inference
from bayesdrop.infer.engine.imports import ONE_AT_A_TIME
from bayesdrop.infer.reasons import needs_continuous
from bayesdrop.model import Model
from bayesdrop.posterior.results.fit import Fit
from bayesdrop.progress import Progress
from bayesdrop.sites import FORMS, MARGINAL, Form

_LARGEST_TARGET = 0.9999
"""BlackJAX's bisection ends when log effective sample sizes are 1e-4 apart, at the lower end. It is
0 where the target is nearer to 1."""


@dataclass(frozen=True)
class SMC(Inference):
    """Particles go from the prior to the posterior, in independent runs.

    A stage resamples the particles, moves each by Hamiltonian Monte Carlo, and weights it by the
    likelihood to the power of the temperature's increase. The weights' mean is a factor of the
    evidence. ``post.log_evidence`` is the logarithm of the mean evidence of the runs, and
    ``post.log_evidence_std`` the standard deviation of their logarithms. If the largest and the
    smallest differ by more than 1 nat the evidence is not known, and a warning says so: take more
    particles, or more and longer moves.

    The runs count as chains. R-hat compares them, and particles with one ancestor lower the
    effective sample size.

    Parameters
    ----------
    num_particles
        Particles of a run, each of which becomes a draw. Default 1024.
    num_runs
        Independent runs, at least 2. Default 4.
    target_ess
        The share of the particles that the effective sample size falls to in a stage, at most
        0.9999: nearer to 1, smaller stages. Default 0.9.
    num_mcmc_steps
        Moves of every particle in a stage. Default 4.
    num_integration_steps
        Leapfrog steps of a move. Each costs a gradient of the log joint over all rows. Default 12.
    target_accept_prob
        Acceptance probability that the step size follows, from stage to stage. The mass matrix is
        the particles' variance. Default 0.8.
    form
        The form of the model that moves. Default ``"expanded"``.
    integrate_noise_scale
        It is that of :class:`bayesdrop.NUTS`. Default ``True``.
    """

    num_particles: int = 1024
    num_runs: int = 4
    target_ess: float = 0.9
    num_mcmc_steps: int = 4
    num_integration_steps: int = 12
    target_accept_prob: float = 0.8
    form: Form = "expanded"
    integrate_noise_scale: bool = True

    def __post_init__(self) -> None:
        for field in ("num_particles", "num_runs"):
            checked_count(self, field, at_least=2)
        for field in ("num_mcmc_steps", "num_integration_steps"):
            checked_count(self, field)
        for field in ("target_ess", "target_accept_prob"):
            checked_number(self, field, above=0, below=1)
        if self.target_ess > _LARGEST_TARGET:
            raise ValueError(
                f"SMC(target_ess={self.target_ess!r}): temperatures are found to 1e-4 of the "
                f"effective sample size, so a stage this small would be none: give target_ess at "
                f"most {_LARGEST_TARGET}"
            )
        checked_choice(self, "form", FORMS)
        checked_flag(self, "integrate_noise_scale")

    def revision_for(self, model: Model) -> int:
        return self.revision + (self.form in MARGINAL)

    def supports(self, model: Model) -> str | None:
        return needs_continuous("SMC", model)

    def takes_row_terms(self) -> bool:
        return True

    def run(self, bound: BoundModel, data: TrainingData, seed: int, progress: Progress) -> Fit:
        from bayesdrop.programs.host_devices import use_host_devices

        use_host_devices()  # before BlackJAX starts JAX
        with ONE_AT_A_TIME:
            from bayesdrop.infer.mcmc.smc.run import run

        return run(self, bound, data, seed, progress)

"""Hamiltonian Monte Carlo and NUTS, by NumPyro's kernels, and NUTS by BlackJAX's.

Neal (2011), "MCMC using Hamiltonian dynamics"; Hoffman & Gelman (2014), "The No-U-Turn sampler".
Each iteration costs one gradient of the log joint over all training rows per leapfrog step.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from bayesdrop.bound import BoundModel
from bayesdrop.field_checks import checked_choice, checked_count, checked_flag, checked_number
from bayesdrop.infer.base import Job
from bayesdrop.infer.engine.chain_method import ChainMethod
from bayesdrop.infer.engine.imports import ONE_AT_A_TIME
from bayesdrop.infer.mcmc.chains import MarkovChains, checked_chains
from bayesdrop.infer.mcmc.discrete import Discrete
from bayesdrop.infer.mcmc.funnels import warn_of_funnels
from bayesdrop.infer.mcmc.moved import later_changes
from bayesdrop.infer.mcmc.stop import Converged
from bayesdrop.infer.reasons import learns_nothing, needs_continuous
from bayesdrop.model import Model
from bayesdrop.posterior.results.fit import Fit
from bayesdrop.progress import Progress
from bayesdrop.sites import FORMS, Form
from bayesdrop.spec import added


@dataclass(frozen=True)
class Hamiltonian(MarkovChains):
    """Its chains leapfrog along the gradient of the log joint over all rows.

    NumPyro runs them. ``NUTS(low_rank=True)`` is run by BlackJAX.

    Parameters
    ----------
    num_warmup
        Adaptation steps per chain, discarded. Default 1000.
    num_samples
        Draws kept per chain. Default 1000.
    num_chains
        Default 4.
    target_accept_prob
        Acceptance probability that warm-up tunes the step size to. Default 0.8.
    dense_mass
        Adapt a full mass matrix instead of a diagonal one. Default ``False``.
    form
        ``"expanded"`` (default) has draws of λ and z, ``"hierarchical"`` of λ and w = λ z.
        ``"marginal"`` integrates λ out, so that the chain moves w alone, and draws λ afterwards
        from its conditional given w. If several scales meet at a weight, ``"marginal"`` integrates
        out that of the smallest groups, and ``"marginal_large"`` that of the largest.
    centring
        It is for weights that have a λ of their own. The sampler moves the weight itself where λ
        is well above this, and a multiple of z where it is well below. That removes the funnel and
        leaves the posterior the same (see :mod:`bayesdrop.infer.mcmc.centring`). Where weights
        share a λ it moves z. Default 0.3; ``None`` moves the form's own sites. In any form but the
        expanded, chains may then miss small scales without a sign of it, and a warning is logged.
    discrete
        Boolean noise (Bernoulli; expanded form only): ``"enumerate"`` sums over all masks of up
        to 12 variables, ``"gibbs"`` alternates a sweep over the masks with a step of the rest,
        ``"auto"`` (default) enumerates up to 12 variables. Either way the fit's
        ``info["inclusion_probability"]`` has P(λ = 1) by site. If masks are enumerated, it is the
        average of the exact conditional probabilities.
    init_strategy
        Where chains start. ``"sample"`` (default) is a draw of the prior. ``"trained"`` is one
        that up to 5000 of Adam's steps have moved towards a mode, stopped early as in
        :class:`bayesdrop.MCLMC`; not with Gibbs sweeps. ``"median"`` is the prior's. ``"uniform"``
        is NumPyro's default, in (−2, 2) on the unconstrained scale. For a network, such a start
        is far out in the prior.
    integrate_noise_scale
        The sampler moves in the likelihood with a learned Gaussian noise scale integrated out,
        and draws the scale from its conditional for every kept draw: the same posterior, which
        chains cross in fewer steps. Default ``True``; other likelihoods are as they are.
    chain_method
        ``"parallel"`` over devices (host devices on a CPU), ``"sequential"``, ``"vectorized"``,
        or ``"auto"`` (default): parallel on a CPU of several cores, vectorized on a GPU.
    stop
        When to stop before ``num_samples`` are made: a :class:`bayesdrop.Converged`. Default
        ``None``: never.
    num_superchains
        The number of groups of chains, for nested R-hat. The chains of a group share their start,
        and no randomness after that. It divides ``num_chains``. Default ``None``: every chain has
        its own start.
    """

    num_warmup: int = 1000
    num_samples: int = 1000
    num_chains: int = 4
    target_accept_prob: float = 0.8
    dense_mass: bool = False
    form: Form = "expanded"
    centring: float | None = 0.3
    discrete: Discrete = "auto"
    init_strategy: str = "sample"
    chain_method: ChainMethod = "auto"
    integrate_noise_scale: bool = added(True)
    stop: Converged | None = added(None)
    num_superchains: int | None = added(None)
    revision: ClassVar[int] = 4

    def __post_init__(self) -> None:
        checked_count(self, "num_warmup", at_least=0)
        checked_count(self, "num_samples")
        checked_count(self, "num_chains")
        checked_number(self, "target_accept_prob", above=0, below=1)
        checked_flag(self, "dense_mass")
        checked_flag(self, "integrate_noise_scale")
        checked_choice(self, "form", FORMS)
        if self.centring is not None:
            checked_number(self, "centring", above=0)
        checked_choice(self, "discrete", ("auto", "enumerate", "gibbs"))
        checked_choice(self, "init_strategy", ("uniform", "sample", "median", "trained"))
        checked_chains(self)

    def revision_for(self, model: Model) -> int:
        trained = self.init_strategy == "trained"
        return self.revision + 3 * trained + later_changes(model, self.form, self.centring, trained)

    def is_exact(self) -> bool:
        return True

    def supports(self, model: Model) -> str | None:
        return learns_nothing(model) or model.why_not_in(self.form)

    def sample(
        self, jobs: Sequence[Job], progress: Progress, earlier: Fit | None = None
    ) -> list[Fit]:
        warn_of_funnels(self, jobs[0].bound, self.centring)
        with ONE_AT_A_TIME:
            from bayesdrop.infer.mcmc.hmc.kernel import sample

        return sample(self, jobs, progress, earlier)

    def held(self, bound: BoundModel) -> tuple[str, ...]:
        """Name the scales that stand still while weights move: none."""
        return ()

    @property
    def tree_depth_limit(self) -> int | None:
        """Trees are at most this deep. It is ``None`` if there are no trees."""
        return None

    @abstractmethod
    def kernel(self, program: Callable[..., None]) -> Any:
        """Return NumPyro's kernel with these settings."""

    def _shared_settings(self) -> dict[str, Any]:
        from numpyro.infer import init_to_median, init_to_sample, init_to_uniform

        start = {"uniform": init_to_uniform, "sample": init_to_sample, "median": init_to_median}
        return {
            "target_accept_prob": self.target_accept_prob,
            "dense_mass": self.dense_mass,
            "init_strategy": start.get(self.init_strategy, init_to_sample),
        }


@dataclass(frozen=True)
class NUTS(Hamiltonian):
    __doc__ = f"""The No-U-Turn sampler chooses the number of leapfrog steps of each draw.
    {Hamiltonian.__doc__}
    max_tree_depth
        At most 2 to this power leapfrog steps per draw. Default 10.
    low_rank
        Sample by BlackJAX, with a mass matrix of low rank in place of a diagonal one (Seyboldt et
        al. 2026). Default ``False``. It needs continuous variables alone, and the
        ``init_strategy`` ``"sample"`` or ``"trained"``. The warm-up is one piece: Ctrl-C and
        ``stop`` act after it. It keeps about two arrays of ``num_warmup`` × variables for each
        chain.
    """

    max_tree_depth: int = 10
    low_rank: bool = added(False)

    def __post_init__(self) -> None:
        super().__post_init__()
        checked_count(self, "max_tree_depth")
        checked_flag(self, "low_rank")
        if self.low_rank:
            self._check_low_rank()

    @property
    def tree_depth_limit(self) -> int:
        return self.max_tree_depth

    def supports(self, model: Model) -> str | None:
        continuous = needs_continuous("NUTS(low_rank=True)", model) if self.low_rank else None
        return continuous or super().supports(model)

    def sample(
        self, jobs: Sequence[Job], progress: Progress, earlier: Fit | None = None
    ) -> list[Fit]:
        if not self.low_rank:
            return super().sample(jobs, progress, earlier)
        warn_of_funnels(self, jobs[0].bound, self.centring)
        from bayesdrop.programs.host_devices import use_host_devices

        use_host_devices()  # before BlackJAX starts JAX
        with ONE_AT_A_TIME:
            from bayesdrop.infer.mcmc.hmc.low_rank import sample

        return sample(self, jobs, progress, earlier)

    def kernel(self, program: Callable[..., None]) -> Any:
        from numpyro.infer import NUTS as Kernel

        return Kernel(program, max_tree_depth=self.max_tree_depth, **self._shared_settings())

    def _check_low_rank(self) -> None:
        checked_count(self, "num_warmup", at_least=20)
        if self.dense_mass:
            raise ValueError("a mass matrix is dense_mass or low_rank, not both: choose one")
        if self.init_strategy not in ("sample", "trained"):
            raise ValueError(
                f"NUTS(low_rank=True, init_strategy={self.init_strategy!r}): its chains start at "
                'draws of the prior; use "sample" or "trained"'
            )


@dataclass(frozen=True)
class HMC(Hamiltonian):
    __doc__ = f"""Hamiltonian Monte Carlo takes a fixed number of leapfrog steps for each draw.
    {Hamiltonian.__doc__}
    num_steps
        Leapfrog steps per draw. Default 64.
    """

    num_steps: int = 64

    def __post_init__(self) -> None:
        super().__post_init__()
        checked_count(self, "num_steps")

    def kernel(self, program: Callable[..., None]) -> Any:
        from numpyro.infer import HMC as Kernel

        steps = {"num_steps": self.num_steps, "trajectory_length": None}
        return Kernel(program, **steps, **self._shared_settings())

"""Gibbs draws of the noise scales that have a conjugate conditional, NUTS on the weights.

In the hierarchical form the data tell about a scale only through its weights. A group of D weights
w ~ N(0, λ² σ²), with M = Σ w²/σ² where σ has every other scale in it, leaves of λ the density
p(λ) λ^(−D) exp(−M/(2λ²)). For λ² ~ InverseGamma(a, b) that is λ² ~ InverseGamma(a + D/2, b + M/2);
half-Cauchy noise is a mixture of those (Makalic & Schmidt 2016, "A simple sampler for the horseshoe
estimator"); for Rayleigh noise of a single weight, 1/λ² is inverse Gaussian (Park & Casella 2008,
"The Bayesian lasso"). NumPyro's ``HMCGibbs`` composes the two. A draw costs the gradients of its
NUTS tree and one more, over all rows; the scales cost next to nothing. What it can't do is move a
conjugate scale and its weights together. Where a scale is not conjugate, NUTS moves the
standardised weights, partly centred if each has a scale of its own (``centring.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from bayesdrop.bound import BoundModel
from bayesdrop.field_checks import checked_choice, checked_count, checked_flag, checked_number
from bayesdrop.infer.base import Job, UnsupportedModelError
from bayesdrop.infer.engine.chain_method import ChainMethod
from bayesdrop.infer.engine.imports import ONE_AT_A_TIME
from bayesdrop.infer.mcmc.chains import MarkovChains, checked_chains
from bayesdrop.infer.mcmc.discrete import Discrete
from bayesdrop.infer.mcmc.gibbs_hmc.which_scales import conjugate, may_be_conjugate, may_move
from bayesdrop.infer.mcmc.hmc.settings import NUTS
from bayesdrop.infer.mcmc.stop import Converged
from bayesdrop.infer.reasons import learns_nothing
from bayesdrop.model import Model
from bayesdrop.posterior.results.fit import Fit
from bayesdrop.progress import Progress
from bayesdrop.spec import added


@dataclass(frozen=True)
class GibbsHMC(MarkovChains):
    """Exact draws of conjugate noise scales given the weights alternate with NUTS on the rest.

    Conjugate are inverse Nakagami and half-Cauchy noise, and Rayleigh noise that a weight has to
    itself; scales that are not, and the likelihood's own, move with the weights. The parameters
    are those of :class:`bayesdrop.NUTS`; the form is the hierarchical one, and ``centring`` is 0.3.

    Half-Cauchy noise mixes slowly: a small scale and its weights leave 0 one at a time. Half of 50
    fits of a small network with an ADD prior had an R-hat above 1.05 after 1,400 draws. NUTS, whose
    scales and weights move together, is better there.

    Parameters
    ----------
    num_warmup, num_samples, num_chains
        Per chain: draws that adapt and are discarded, draws kept. Defaults 1000, 1000 and 4.
    target_accept_prob, dense_mass, max_tree_depth
        Settings of NUTS on the weights. Defaults 0.8, ``False`` and 10.
    init_strategy, chain_method
        Defaults ``"sample"`` and ``"auto"``.
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

    num_warmup: int = 1000
    num_samples: int = 1000
    num_chains: int = 4
    target_accept_prob: float = 0.8
    dense_mass: bool = False
    max_tree_depth: int = 10
    init_strategy: str = "sample"
    chain_method: ChainMethod = "auto"
    integrate_noise_scale: bool = added(True)
    stop: Converged | None = added(None)
    num_superchains: int | None = added(None)
    revision: ClassVar[int] = 3
    form = "hierarchical"
    centring: ClassVar[float] = 0.3
    discrete: ClassVar[Discrete] = "auto"

    def __post_init__(self) -> None:
        checked_count(self, "num_warmup", at_least=0)
        for field in ("num_samples", "num_chains", "max_tree_depth"):
            checked_count(self, field)
        checked_number(self, "target_accept_prob", above=0, below=1)
        checked_flag(self, "dense_mass")
        checked_flag(self, "integrate_noise_scale")
        checked_choice(self, "init_strategy", ("uniform", "sample", "median"))
        checked_chains(self)

    def revision_for(self, model: Model) -> int:
        return self.revision + any(may_move(noise) for noise in model.noises)

    def is_exact(self) -> bool:
        return True

    def supports(self, model: Model) -> str | None:
        if reason := learns_nothing(model):
            return reason
        if noise := model.boolean_noise:
            return (
                f"{noise.name} is {noise.prior}, which has no hierarchical form: use "
                'bd.NUTS(discrete="gibbs"), whose Gibbs steps move such masks'
            )
        if not any(may_be_conjugate(noise) for noise in model.noises):
            return _nothing_to_draw(model)
        return None

    def sample(
        self, jobs: Sequence[Job], progress: Progress, earlier: Fit | None = None
    ) -> list[Fit]:
        bound = jobs[0].bound
        if not conjugate(bound.sites):
            reason = _nothing_to_draw(bound.model)
            raise UnsupportedModelError(f"GibbsHMC can't run this model on these data: {reason}")
        with ONE_AT_A_TIME:
            from bayesdrop.infer.mcmc.gibbs_hmc.conjugate import with_conjugate_scales
            from bayesdrop.infer.mcmc.hmc.kernel import sample

        return sample(self, jobs, progress, earlier, compose=with_conjugate_scales)

    def held(self, bound: BoundModel) -> tuple[str, ...]:
        """Name the scales that stand still while weights move: those that are drawn."""
        return tuple(scale.name for scale in conjugate(bound.sites))

    def kernel(self, program: Callable[..., None]) -> Any:
        """Return NumPyro's kernel for what is left."""
        nuts = NUTS(
            target_accept_prob=self.target_accept_prob,
            dense_mass=self.dense_mass,
            max_tree_depth=self.max_tree_depth,
            init_strategy=self.init_strategy,
            form=self.form,
        )
        return nuts.kernel(program)

    @property
    def tree_depth_limit(self) -> int:
        """Trees are at most this deep."""
        return self.max_tree_depth


def _nothing_to_draw(model: Model) -> str:
    """Why no scale can be drawn."""
    scales = {str(noise.prior) for noise in model.noises}
    what = " and ".join(sorted(scales)) or "no noise"
    return (
        f"it has {what}, and only inverse Nakagami and half-Cauchy noise, and Rayleigh noise of "
        "single weights, have a conditional to draw from: use bd.NUTS"
    )

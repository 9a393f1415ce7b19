"""NumPyro's NUTS and HMC as a kernel; boolean noise summed out or moved by Gibbs steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from numpyro.infer import DiscreteHMCGibbs

from bayesdrop.bound import BoundModel
from bayesdrop.data.training import TrainingData
from bayesdrop.infer.base import UnsupportedModelError
from bayesdrop.infer.engine.adam import Trainer, prior_widths
from bayesdrop.infer.engine.caches import compiled_once
from bayesdrop.infer.mcmc import discrete, enumeration
from bayesdrop.infer.mcmc.centring import sampled_program
from bayesdrop.infer.mcmc.discrete import Treatment
from bayesdrop.infer.mcmc.driver import Draw, Kernel, Rows, Sampler
from bayesdrop.posterior.fit import Fit
from bayesdrop.posterior.weight_draws import WeightDraws
from bayesdrop.programs.numpyro_density import prior_draw
from bayesdrop.progress import Progress
from bayesdrop.sites import Site

if TYPE_CHECKING:
    from bayesdrop.infer.mcmc.gibbs_hmc.settings import GibbsHMC
    from bayesdrop.infer.mcmc.hmc.settings import Hamiltonian

Compose = Callable[[Any, tuple[Site, ...]], Any]
"""What to make of NumPyro's kernel, given the program's sites."""

_TRAINING_STEPS = 1000
_MASK_KEY = 2**31  # apart from the keys that NumPyro splits off a chain's


class State(NamedTuple):
    """NumPyro's own state, and the gradients taken so far."""

    sampler: Any
    gradients: Any


class Info(NamedTuple):
    """What NumPyro's state says of the last step."""

    accept_prob: Any
    diverging: Any
    energy: Any
    potential_energy: Any
    num_steps: Any
    step_size: Any


def run(
    settings: Hamiltonian | GibbsHMC,
    bound: BoundModel,
    data: TrainingData,
    seed: int,
    progress: Progress,
    compose: Compose | None = None,
) -> Fit:
    """Sample as :meth:`bayesdrop.NUTS.run` does; ``compose`` adds moves to NumPyro's kernel."""
    treatment = _treatment(settings, bound)
    sampled = _sampler(settings, bound, treatment, compose).run(
        type(settings).__name__, data, seed, progress
    )
    draw, info, stats = sampled.draw, sampled.info, sampled.draw.stats
    if (limit := settings.tree_depth_limit) is not None:
        stats["tree_depth"] = np.log2(stats["n_steps"]).astype(int) + 1
        stats["reached_max_treedepth"] = stats["n_steps"] >= 2**limit - 1
    if treatment != "none":
        known = draw.values | draw.expectations
        boolean = [site.name for site in bound.sites if site.support == "boolean"]
        info["discrete"] = treatment
        info["inclusion_probability"] = {
            name: known[name].mean((0, 1), dtype=np.float64).tolist() for name in boolean
        }
    return Fit(WeightDraws(draw.values, stats), seconds=sampled.seconds, info=info)


def _treatment(settings: Hamiltonian | GibbsHMC, bound: BoundModel) -> Treatment:
    """How boolean noise is treated, or an error where it can't be so."""
    name = type(settings).__name__
    treatment = discrete.treatment(settings.discrete, bound)
    reason = discrete.why_not_enumerate(bound) if treatment == "enumerate" else None
    if reason:
        raise UnsupportedModelError(f"{name} can't run this model: {reason}")
    if treatment == "gibbs" and settings.init_strategy == "trained":
        raise UnsupportedModelError(
            'init_strategy="trained" needs a density of continuous variables alone, and these '
            'masks are too many to sum over: use init_strategy="sample"'
        )
    return treatment


@compiled_once
def _sampler(
    settings: Hamiltonian | GibbsHMC,
    bound: BoundModel,
    treatment: Treatment,
    compose: Compose | None,
) -> Sampler:
    kernel = build_kernel(settings, bound, treatment, compose)
    return Sampler(kernel, settings.num_samples, settings.num_chains, settings.chain_method)


def build_kernel(
    settings: Hamiltonian | GibbsHMC,
    bound: BoundModel,
    treatment: Treatment,
    compose: Compose | None,
) -> Kernel:
    """The kernel; its warm-up is steps that NumPyro tunes as it goes."""
    program, table = sampled_program(bound, settings.centring), bound.sites
    warmup = settings.num_warmup
    target = enumeration.marginal(program, table) if treatment == "enumerate" else program
    trainer = None
    if settings.init_strategy == "trained":
        trainer = Trainer(target, _TRAINING_STEPS, widths=prior_widths(table))
    numpyro_kernel = settings.kernel(target)
    is_plain = treatment != "gibbs" and compose is None
    if treatment == "gibbs":
        numpyro_kernel = DiscreteHMCGibbs(numpyro_kernel, modified=True)
    if compose is not None:
        numpyro_kernel = compose(numpyro_kernel, table)

    def init(key: Any, rows: Rows) -> State:
        point = None
        if trainer is not None:
            train_key, key = jax.random.split(key)
            point = trainer.train(train_key, rows)
        elif settings.init_strategy == "sample" and is_plain:
            _, draw_key = jax.random.split(key)  # NumPyro's own draw, which it need not compile
            point = prior_draw(target, draw_key, *rows, validate_grad=True)
        state = numpyro_kernel.init(key, warmup, point, model_args=rows, model_kwargs={})
        return State(state, jnp.int32(_TRAINING_STEPS if trainer else 0))

    def step(index: Any, state: State, rows: Rows) -> tuple[State, Info]:
        sampler: Any = numpyro_kernel.sample(state.sampler, rows, {})
        hmc = sampler if is_plain else sampler.hmc_state
        gradients = state.gradients + jnp.asarray(hmc.num_steps, jnp.int32)
        gradients += compose is not None  # at the same place, other scales
        info = Info(
            hmc.accept_prob,
            hmc.diverging,
            hmc.energy,
            hmc.potential_energy,
            hmc.num_steps,
            hmc.adapt_state.step_size,
        )
        return State(sampler, gradients), info

    def observe(state: State, info: Info, rows: Rows) -> Draw:
        found, means = numpyro_kernel.postprocess_fn(rows, {})(state.sampler.z), {}
        if treatment == "enumerate":
            masks = enumeration.all_masks(table)
            terms = enumeration.log_weights(program, masks, found, *rows)
            key = jax.random.fold_in(state.sampler.rng_key, _MASK_KEY)
            drawn, means = enumeration.conditional(key, terms, masks)
            found = {**found, **drawn}
        stats = {
            "acceptance_rate": info.accept_prob,
            "diverging": info.diverging,
            "energy": info.energy,
            "lp": -info.potential_energy,
            "n_steps": info.num_steps,
            "step_size": info.step_size,
        }
        return Draw({site.name: found[site.name] for site in table}, stats, means)

    def gradients(states: State, num_rows: int) -> int:
        return int(np.asarray(states.gradients, dtype=np.int64).sum())

    return Kernel(init, step, observe, gradients, num_discarded=warmup)

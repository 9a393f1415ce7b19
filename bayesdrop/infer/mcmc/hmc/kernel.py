"""NumPyro's NUTS and HMC as a kernel; boolean noise summed out or moved by Gibbs steps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from numpyro.infer import DiscreteHMCGibbs

from bayesdrop.bound import BoundModel
from bayesdrop.infer.base import Job, UnsupportedModelError
from bayesdrop.infer.engine.adam import Trainer
from bayesdrop.infer.engine.early_stopping import early_stopped
from bayesdrop.infer.mcmc import discrete, enumeration
from bayesdrop.infer.mcmc.chain_states import steps_of_starts
from bayesdrop.infer.mcmc.discrete import Treatment
from bayesdrop.infer.mcmc.driver import Sampled, run_kernel
from bayesdrop.infer.mcmc.kernel import Draw, Kernel, Rows
from bayesdrop.infer.mcmc.target import Target, sampled
from bayesdrop.posterior.results.fit import Fit
from bayesdrop.programs.numpyro_density import prior_draw
from bayesdrop.progress import Progress
from bayesdrop.sites import Site

if TYPE_CHECKING:
    from bayesdrop.infer.mcmc.gibbs_hmc.settings import GibbsHMC
    from bayesdrop.infer.mcmc.hmc.settings import Hamiltonian

Compose = Callable[[Any, Target, tuple[Site, ...]], Any]
"""What to make of NumPyro's kernel, given what that moves and the model's sites."""

TRAINING_STEPS = 5000
_MASK_KEY, _COMPLETION = 2**31, 2**31 + 1  # apart from the keys that NumPyro splits off


class State(NamedTuple):
    """NumPyro's own state, and the gradients taken so far by steps and, if any, by training."""

    sampler: Any
    gradients: jax.Array
    trained: jax.Array | None


class Info(NamedTuple):
    """What NumPyro's state says of the last step."""

    accept_prob: jax.Array
    diverging: jax.Array
    energy: jax.Array
    potential_energy: jax.Array
    num_steps: jax.Array
    step_size: jax.Array


def sample(
    settings: Hamiltonian | GibbsHMC,
    jobs: Sequence[Job],
    progress: Progress,
    earlier: Fit | None,
    compose: Compose | None = None,
) -> list[Fit]:
    """Sample as :meth:`bayesdrop.NUTS.sample` does; ``compose`` adds moves to NumPyro's kernel."""
    bound = jobs[0].bound
    treatment = _treatment(settings, bound)
    found = run_kernel(build_kernel, settings, jobs, progress, earlier, treatment, compose)
    for one in found:
        if treatment != "none":
            one.info["discrete"] = treatment
            one.info["inclusion_probability"] = _inclusion(one, bound, earlier)
    return [one.fit() for one in found]


def of_trees(n_steps: jax.Array, limit: int) -> dict[str, jax.Array]:
    """Statistics of NUTS's trees, of their leapfrog steps and the largest depth, by ArviZ name."""
    return {
        "tree_depth": _num_bits(n_steps),
        "reached_max_treedepth": _num_bits(n_steps + 1) > limit,
    }


def _num_bits(count: jax.Array) -> jax.Array:
    """⌊log₂ count⌋ + 1, without the rounding of logarithms on a device."""
    return 32 - jax.lax.clz(jnp.asarray(count, jnp.uint32)).astype(jnp.int32)


def _inclusion(sampled: Sampled, bound: BoundModel, earlier: Fit | None) -> dict[str, Any]:
    """Site → P(λ = 1 | data), by the exact expectations of every draw where they are known."""
    found = {}
    for site in (site for site in bound.sites if site.support == "boolean"):
        draws = sampled.expectations.get(site.name, sampled.values[site.name])
        mean = draws.mean((0, 1), dtype=np.float64)
        if site.name in sampled.expectations and earlier is not None:
            share = draws.shape[1] / sampled.values[site.name].shape[1]
            before = np.array(earlier.info["inclusion_probability"][site.name])
            mean = share * mean + (1 - share) * before
        found[site.name] = mean.tolist()
    return found


def _treatment(settings: Hamiltonian | GibbsHMC, bound: BoundModel) -> Treatment:
    """How boolean noise is treated, or an error where it can't be so."""
    name = type(settings).__name__
    treatment = discrete.treatment(settings.discrete, bound)
    reason = discrete.why_not_enumerate(bound) if treatment == "enumerate" else None
    trained = settings.init_strategy == "trained"
    if reason:
        sample = ' and init_strategy="sample"' if trained else ""
        raise UnsupportedModelError(f"{name} can't run this model: {reason}{sample}")
    if treatment == "gibbs" and trained:
        raise UnsupportedModelError(
            f"{name} can't run this model: "
            'init_strategy="trained" needs a density of continuous variables alone, and these '
            'masks are too many to sum over: use init_strategy="sample"'
        )
    return treatment


def build_kernel(
    settings: Hamiltonian | GibbsHMC,
    bound: BoundModel,
    treatment: Treatment,
    compose: Compose | None,
) -> Kernel:
    """The kernel; its warm-up is steps that NumPyro tunes as it goes."""
    moved = sampled(bound, settings.centring, settings.integrate_noise_scale, settings.held(bound))
    program, table = moved.program, bound.sites
    warmup = settings.num_warmup
    target = enumeration.marginal(program, table) if treatment == "enumerate" else program
    trainer = None
    if settings.init_strategy == "trained":
        trainer = Trainer(target, moved.widths, TRAINING_STEPS)
    numpyro_kernel = settings.kernel(target)
    is_plain = treatment != "gibbs" and compose is None
    if treatment == "gibbs":
        numpyro_kernel = DiscreteHMCGibbs(numpyro_kernel, modified=True)
    if compose is not None:
        numpyro_kernel = compose(numpyro_kernel, moved, table)

    def init(key: jax.Array, rows: Rows) -> State:
        point = trained = None
        if trainer is not None:
            train_key, key = jax.random.split(key)
            point, trained = early_stopped(trainer, train_key, rows)
        elif settings.init_strategy == "sample" and is_plain:
            _, draw_key = jax.random.split(key)  # NumPyro's own draw, which it need not compile
            point = prior_draw(target, draw_key, *rows, validate_grad=True)
        state = numpyro_kernel.init(key, warmup, point, model_args=rows, model_kwargs={})
        return State(state, jnp.int32(0), trained)

    def step(index: jax.Array | int, state: State, rows: Rows) -> tuple[State, Info]:
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
        return State(sampler, gradients, state.trained), info

    def observe(state: State, info: Info, rows: Rows) -> Draw:
        found, means = numpyro_kernel.postprocess_fn(rows, {})(state.sampler.z), {}
        if treatment == "enumerate":
            masks = enumeration.all_masks(table)
            terms = enumeration.log_weights(program, masks, found, *rows)
            key = jax.random.fold_in(state.sampler.rng_key, _MASK_KEY)
            drawn, means = enumeration.conditional(key, terms, masks)
            found = {**found, **drawn}
        found = moved.complete(jax.random.fold_in(state.sampler.rng_key, _COMPLETION), found, rows)
        stats = {
            "acceptance_rate": info.accept_prob,
            "diverging": info.diverging,
            "energy": info.energy,
            "lp": -info.potential_energy,
            "n_steps": info.num_steps,
            "step_size": info.step_size,
        }
        if (limit := settings.tree_depth_limit) is not None:
            stats |= of_trees(info.num_steps, limit)
        return Draw({site.name: found[site.name] for site in table}, stats, means)

    def gradients(states: State, num_rows: int) -> int:
        taken = int(np.asarray(states.gradients, dtype=np.int64).sum())
        return taken + steps_of_starts(settings, states.trained)

    return Kernel(init, step, observe, gradients, num_discarded=warmup)

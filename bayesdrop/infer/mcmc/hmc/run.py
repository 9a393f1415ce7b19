"""Running NumPyro's NUTS and HMC kernels over all chains, compiled once per shape of the data."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from numpyro.infer import DiscreteHMCGibbs

from bayesdrop.data.training import TrainingData
from bayesdrop.infer.base import UnsupportedModelError
from bayesdrop.infer.engine import devices as chains
from bayesdrop.infer.engine.adam import Trainer
from bayesdrop.infer.engine.compiled import Compiled, Meter
from bayesdrop.infer.mcmc import discrete, enumeration
from bayesdrop.infer.mcmc.centring import partly_centred
from bayesdrop.model import Model, Site, sites
from bayesdrop.posterior.result import Fit
from bayesdrop.programs import numpyro_model
from bayesdrop.progress import Progress, task

if TYPE_CHECKING:
    from bayesdrop.infer.mcmc.gibbs_hmc.settings import GibbsHMC
    from bayesdrop.infer.mcmc.hmc.settings import _Hamiltonian

Compose = Callable[[Any, Callable[[int], tuple[Site, ...]]], Any]
"""What to make of a kernel, given the program's sites by the number of features."""

_REPORTS = 20  # progress reports over a run
_TRAINING_STEPS = 1000
_MASK_KEY = 2**31  # apart from the keys that NumPyro splits off a chain's


def run(
    settings: _Hamiltonian | GibbsHMC,
    model: Model,
    data: TrainingData,
    seed: int,
    progress: Progress,
    compose: Compose | None = None,
) -> Fit:
    """As :meth:`bayesdrop.NUTS.run`; ``compose`` adds moves of its own to the kernel."""
    table = sites(model, data.n_features, data.n_outputs, settings.form)
    try:
        method = discrete.resolve(settings.discrete, table)
    except ValueError as error:
        name = type(settings).__name__
        raise UnsupportedModelError(f"{name} can't run this model: {error}") from error
    if method == "gibbs" and settings.init_strategy == "trained":
        raise UnsupportedModelError(
            'init_strategy="trained" needs a density of continuous variables alone, and these '
            'masks are too many to sum over: use init_strategy="sample"'
        )
    start, advance = _sampler(settings, model, data.n_outputs, method, compose)
    meter = Meter(start, advance)
    rows = (jnp.asarray(data.X), jnp.asarray(data.y))
    carry = start(jax.random.split(jax.random.key(seed), settings.num_chains), rows)
    total = settings.num_warmup + settings.num_samples
    step = max(1, -(-total // _REPORTS))
    with task(progress, type(settings).__name__, total):
        for begin in range(0, total, step):
            end = min(begin + step, total)
            carry = advance(carry, (*rows, begin, end))
            jax.block_until_ready(carry)
            progress.advance(end - begin)
    kept = jax.tree.map(np.asarray, carry["kept"])
    if hasattr(settings, "max_tree_depth"):
        kept["stats"]["tree_depth"] = np.log2(kept["stats"]["n_steps"]).astype(int) + 1
    info = {
        **meter.info(),
        "chain_method": chains.resolve(settings.chain_method, settings.num_chains),
        "gradients": int(np.asarray(carry["gradients"], dtype=np.int64).sum()),
    }
    if method != "none":
        info["discrete"] = method
        info["inclusion_probability"] = _inclusion(table, kept)
    return Fit(
        values=kept["values"],
        form=settings.form,
        sample_stats=kept["stats"],
        seconds=meter.seconds(),
        info=info,
    )


def _inclusion(table: tuple[Site, ...], kept: dict[str, Any]) -> dict[str, Any]:
    """Boolean site → posterior probability of 1, by averaging E[λ | rest] where it is known."""
    known = {**kept["values"], **kept["conditional_means"]}
    boolean = [site.name for site in table if site.support == "boolean"]
    return {name: known[name].mean((0, 1), dtype=np.float64).tolist() for name in boolean}


@lru_cache(maxsize=32)
def _sampler(
    settings: _Hamiltonian | GibbsHMC,
    model: Model,
    n_outputs: int,
    method: str,
    compose: Compose | None,
) -> Any:
    """``start(keys, data)`` and ``advance(carry, (X, y, begin, end))`` over all chains.

    Data are arguments, so that every data set of one shape runs the same compiled program.
    """
    program = numpyro_model(model, settings.form, n_outputs)
    if settings.centring is not None:
        program = partly_centred(program, model, settings.form, n_outputs, settings.centring)

    def table_of(n_features: int) -> tuple[Site, ...]:
        return sites(model, n_features, n_outputs, settings.form)

    target = enumeration.marginal(program, table_of) if method == "enumerate" else program
    trainer = Trainer(target, _TRAINING_STEPS) if settings.init_strategy == "trained" else None
    match method:
        case "enumerate":
            kernel = settings.kernel(target)
        case "gibbs":
            kernel = DiscreteHMCGibbs(settings.kernel(program), modified=True)
        case _:
            kernel = settings.kernel(program)
    if compose is not None:
        kernel = compose(kernel, table_of)
    warmup, draws = settings.num_warmup, settings.num_samples

    def inner(state: Any) -> Any:
        return getattr(state, "hmc_state", state)

    def observe(state: Any, data: Any) -> Any:
        hmc = inner(state)
        table = table_of(data[0].shape[1])
        found, means = kernel.postprocess_fn(data, {})(state.z), {}
        if method == "enumerate":
            masks = enumeration.all_masks(table)
            terms = enumeration.log_weights(program, masks, found, *data)
            key = jax.random.fold_in(state.rng_key, _MASK_KEY)
            drawn, means = enumeration.conditional(key, terms, masks)
            found = {**found, **drawn}
        stats = {
            "acceptance_rate": hmc.accept_prob,
            "diverging": hmc.diverging,
            "energy": hmc.energy,
            "lp": -hmc.potential_energy,
            "n_steps": hmc.num_steps,
            "step_size": hmc.adapt_state.step_size,
        }
        values = {site.name: found[site.name] for site in table}
        return {"values": values, "stats": stats, "conditional_means": means}

    def start(key: Any, data: Any) -> Any:
        point = trainer.train(key, data) if trainer else None
        state = kernel.init(key, warmup, point, model_args=data, model_kwargs={})
        empty = jax.tree.map(
            lambda leaf: jnp.zeros((draws, *leaf.shape), leaf.dtype),
            jax.eval_shape(observe, state, data),
        )
        return {
            "state": state,
            "kept": empty,
            "gradients": jnp.int32(_TRAINING_STEPS if trainer else 0),
        }

    def advance(carry: Any, shared: Any) -> Any:
        *data, begin, end = shared

        def iterate(i: Any, carry: Any) -> Any:
            state = kernel.sample(carry["state"], tuple(data), {})
            slot = jnp.where(i < warmup, draws, i - warmup)  # out of range: dropped
            kept = jax.tree.map(
                lambda buffer, new: buffer.at[slot].set(new, mode="drop"),
                carry["kept"],
                observe(state, tuple(data)),
            )
            gradients = carry["gradients"] + jnp.asarray(inner(state).num_steps, jnp.int32)
            gradients += compose is not None  # at the same place, other scales
            return {"state": state, "kept": kept, "gradients": gradients}

        return jax.lax.fori_loop(begin, end, iterate, carry)

    on = chains.resolve(settings.chain_method, settings.num_chains)
    start_all = chains.over_chains(start, settings.num_chains, on)
    advance_all = chains.over_chains(advance, settings.num_chains, on)
    return Compiled(start_all), Compiled(advance_all, donate=(0,))

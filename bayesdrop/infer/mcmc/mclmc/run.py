"""Running BlackJAX's MCLMC kernels over all chains, compiled once per shape of the data."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from bayesdrop.data.training import TrainingData
from bayesdrop.infer.engine import devices as chains
from bayesdrop.infer.engine.adam import Trainer
from bayesdrop.infer.engine.compiled import Compiled, Meter
from bayesdrop.infer.mcmc.centring import partly_centred
from bayesdrop.infer.mcmc.mclmc.adjusted import adjusted
from bayesdrop.infer.mcmc.mclmc.kernel import Kernel
from bayesdrop.infer.mcmc.mclmc.unadjusted import unadjusted
from bayesdrop.infer.mcmc.runaways import without_runaways
from bayesdrop.model import Model, sites
from bayesdrop.posterior.result import Fit
from bayesdrop.programs import numpyro_model
from bayesdrop.programs.numpyro_density import constrained, log_density
from bayesdrop.progress import Progress, task

if TYPE_CHECKING:
    from bayesdrop.infer.mcmc.mclmc.settings import MCLMC

_REPORTS = 20  # progress reports over the draws


def run(settings: MCLMC, model: Model, data: TrainingData, seed: int, progress: Progress) -> Fit:
    """As :meth:`bayesdrop.MCLMC.run`."""
    functions = train, tune, advance = _sampler(settings, model, data.n_outputs)
    meter = Meter(*functions)
    rows = (jnp.asarray(data.X), jnp.asarray(data.y))
    keys = jax.random.split(jax.random.key(seed), settings.num_chains)
    sampling_steps = settings.num_samples * settings.steps_per_draw
    total = settings.training_steps + settings.num_warmup + sampling_steps
    with task(progress, "MCLMC", total):
        points = jax.block_until_ready(train(keys, rows))
        progress.advance(settings.training_steps, "trained")
        carry = jax.block_until_ready(tune((keys, points), rows))
        progress.advance(settings.num_warmup, "tuned")
        step = -(-settings.num_samples // _REPORTS)
        for begin in range(0, settings.num_samples, step):
            end = min(begin + step, settings.num_samples)
            carry = jax.block_until_ready(advance(carry, (*rows, begin, end)))
            progress.advance((end - begin) * settings.steps_per_draw)
    kept = jax.tree.map(np.asarray, carry["kept"])
    gradients = int(np.asarray(carry["gradients"], dtype=np.int64).sum())
    values, stats, excluded = without_runaways(kept["values"], kept["stats"], kernel_of(settings))
    return Fit(
        values=values,
        form=settings.form,
        sample_stats=stats,
        seconds=meter.seconds(),
        info={
            **meter.info(),
            "chain_method": chains.resolve(settings.chain_method, settings.num_chains),
            "gradients": gradients + settings.training_steps * settings.num_chains,
            "excluded_chains": excluded,
        },
    )


def kernel_of(settings: MCLMC) -> Kernel:
    """The kernel that ``settings`` ask for."""
    return adjusted(settings) if settings.adjusted else unadjusted(settings)


@lru_cache(maxsize=32)
def _sampler(settings: MCLMC, model: Model, n_outputs: int) -> Any:
    """``train(keys, data)``, ``tune((keys, points), data)``, ``advance(carry, (*data, i, j))``.

    Data are arguments, so that every data set of one shape runs the same compiled program.
    """
    program = numpyro_model(model, settings.form, n_outputs)
    if settings.centring is not None:
        program = partly_centred(program, model, settings.form, n_outputs, settings.centring)
    kernel = kernel_of(settings)
    draws = settings.num_samples
    train = Trainer(program, settings.training_steps, settings.learning_rate).train

    def on_vectors(like: Any, data: Any) -> Any:
        """The sites in one vector, on which steps are faster: back to sites, and the density."""
        unravel = ravel_pytree(like)[1]
        return unravel, lambda vector: log_density(program, unravel(vector), *data)

    def observe(state: Any, unravel: Any, stats: Any, data: Any) -> Any:
        found = constrained(program, unravel(state.position), *data)
        table = sites(model, data[0].shape[1], n_outputs, settings.form)
        values = {site.name: found[site.name] for site in table}
        return {"values": values, "stats": {"lp": state.logdensity, **stats}}

    def tune(chain: Any, data: Any) -> Any:
        key, point = chain
        tune_key, key = jax.random.split(key)
        unravel, density = on_vectors(point, data)
        start = ravel_pytree(point)[0]
        # about the point: BlackJAX's variances, E x² − (E x)² in float32, are negative far from 0
        state, adapted, gradients = kernel.tune(
            tune_key, jnp.zeros_like(start), lambda move: density(start + move)
        )
        state = state._replace(position=start + state.position)
        shapes = jax.eval_shape(
            lambda: observe(state, unravel, kernel.draw(key, state, adapted, density)[2], data)
        )
        empty = jax.tree.map(lambda leaf: jnp.zeros((draws, *leaf.shape), leaf.dtype), shapes)
        return {
            "key": key,
            "like": point,
            "state": state,
            "adapted": adapted,
            "gradients": gradients,
            "kept": empty,
        }

    def advance(carry: Any, shared: Any) -> Any:
        *data, begin, end = shared
        unravel, density = on_vectors(carry["like"], data)

        def iterate(i: Any, carry: Any) -> Any:
            key = jax.random.fold_in(carry["key"], i)
            state, adapted, stats, gradients = kernel.draw(
                key, carry["state"], carry["adapted"], density
            )
            kept = jax.tree.map(
                lambda buffer, new: buffer.at[i].set(new),
                carry["kept"],
                observe(state, unravel, stats, data),
            )
            gradients = carry["gradients"] + gradients
            moved = {"state": state, "adapted": adapted}
            return {**carry, **moved, "kept": kept, "gradients": gradients}

        return jax.lax.fori_loop(begin, end, iterate, carry)

    on = chains.resolve(settings.chain_method, settings.num_chains)
    train_all, tune_all, advance_all = (
        chains.over_chains(function, settings.num_chains, on) for function in (train, tune, advance)
    )
    return Compiled(train_all), Compiled(tune_all), Compiled(advance_all, donate=(0,))

"""Running BlackJAX's ChEES-HMC over all chains at once, compiled once per shape of the data."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import blackjax
import jax
import jax.numpy as jnp
import numpy as np
import optax
from blackjax.adaptation.base import get_filter_adapt_info_fn
from blackjax.mcmc import dynamic_hmc
from jax.flatten_util import ravel_pytree

from bayesdrop.data.training import TrainingData
from bayesdrop.infer.engine import devices as chains
from bayesdrop.infer.engine.adam import Trainer
from bayesdrop.infer.engine.compiled import Compiled, Meter
from bayesdrop.infer.mcmc.centring import partly_centred
from bayesdrop.model import Model, sites
from bayesdrop.posterior.result import Fit
from bayesdrop.programs import numpyro_model
from bayesdrop.programs.numpyro_density import constrained, log_density
from bayesdrop.progress import Progress, task

if TYPE_CHECKING:
    from bayesdrop.infer.mcmc.chees.settings import ChEES

_REPORTS = 20  # progress reports over the draws
_FIRST_STEP_SIZE = 0.01
_TUNED = ("step_size", "inverse_mass_matrix", "integration_steps_params")


def run(settings: ChEES, model: Model, data: TrainingData, seed: int, progress: Progress) -> Fit:
    """As :meth:`bayesdrop.ChEES.run`."""
    functions = train, warm_up, advance = _sampler(settings, model, data.n_outputs)
    meter = Meter(*functions)
    rows = (jnp.asarray(data.X), jnp.asarray(data.y))
    train_key, key = jax.random.split(jax.random.key(seed))
    total = settings.training_steps + settings.num_warmup + settings.num_samples
    with task(progress, "ChEES", total):
        keys = jax.random.split(train_key, settings.num_chains)
        points = jax.block_until_ready(train(keys, rows))
        progress.advance(settings.training_steps, "trained")
        carry, tuned = jax.block_until_ready(warm_up(key, points, rows))
        progress.advance(settings.num_warmup, "tuned")
        step = -(-settings.num_samples // _REPORTS)
        for begin in range(0, settings.num_samples, step):
            end = min(begin + step, settings.num_samples)
            carry = jax.block_until_ready(advance(carry, (rows, tuned, begin, end)))
            progress.advance(end - begin)
    kept = jax.tree.map(np.asarray, carry["kept"])
    steps = int(tuned["warmup_steps"]) + int(kept["stats"]["n_steps"][0].sum())
    return Fit(
        values=kept["values"],
        form=settings.form,
        sample_stats=kept["stats"],
        seconds=meter.seconds(),
        info={
            **meter.info(),
            "gradients": settings.num_chains * (settings.training_steps + steps),
        },
    )


@lru_cache(maxsize=32)
def _sampler(settings: ChEES, model: Model, n_outputs: int) -> Any:
    """``train(keys, data)``, ``warm_up(key, points, data)``, ``advance(carry, shared)``.

    The chains' adaptation is one batch; then each runs by itself, with the same numbers of steps.
    Data are arguments, so that every data set of one shape runs the same compiled program.
    """
    program = numpyro_model(model, settings.form, n_outputs)
    if settings.centring is not None:
        program = partly_centred(program, model, settings.form, n_outputs, settings.centring)
    trainer = Trainer(program, settings.training_steps, settings.learning_rate)
    bits = (settings.num_warmup + settings.num_samples).bit_length()

    def num_steps(index: Any, mean_steps: Any) -> Any:
        return jnp.ceil(dynamic_hmc.halton_sequence(index, bits) * mean_steps).astype(int)

    kernel = dynamic_hmc.build_kernel(
        next_random_arg_fn=lambda index: index + 1, integration_steps_fn=num_steps
    )

    def density(like: Any, data: Any) -> Any:
        unravel = ravel_pytree(like)[1]
        return lambda position: log_density(program, unravel(position), *data)

    def warm_up(key: Any, points: Any, data: Any) -> Any:
        warmup_key, key = jax.random.split(key)
        like = jax.tree.map(lambda leaf: leaf[0], points)
        adaptation: Any = blackjax.chees_adaptation(
            density(like, data),
            settings.num_chains,
            target_acceptance_rate=settings.target_accept_prob,
            max_leapfrog_steps=settings.max_num_steps,
            mass_matrix_estimation="diagonal" if settings.diagonal_mass else None,
            adaptation_info_fn=get_filter_adapt_info_fn(info_keys={"num_integration_steps"}),
        )
        (states, found), info = adaptation.run(
            warmup_key,
            jax.vmap(lambda point: ravel_pytree(point)[0])(points),
            _FIRST_STEP_SIZE,
            optax.adam(settings.adaptation_rate),
            settings.num_warmup,
            max_sampling_steps=settings.num_samples,
        )
        tuned = {"like": like, **{name: found[name] for name in _TUNED}}
        tuned["warmup_steps"] = info.info.num_integration_steps[:, 0].sum()
        keys = jax.random.split(key, settings.num_chains)
        return over_chains(begin)((keys, states), (data, tuned)), tuned

    def begin(chain: Any, shared: Any) -> Any:
        key, state = chain
        empty = jax.tree.map(
            lambda leaf: jnp.zeros((settings.num_samples, *leaf.shape), leaf.dtype),
            jax.eval_shape(lambda: transition(key, state, *shared)[1]),
        )
        return {"key": key, "state": state, "kept": empty}

    def transition(key: Any, state: Any, data: Any, tuned: Any) -> Any:
        options = (tuned[name] for name in _TUNED)
        state, info = kernel(key, state, density(tuned["like"], data), *options)
        found = constrained(program, ravel_pytree(tuned["like"])[1](state.position), *data)
        table = sites(model, data[0].shape[1], n_outputs, settings.form)
        stats = {
            "acceptance_rate": info.acceptance_rate,
            "diverging": info.is_divergent,
            "energy": info.energy,
            "lp": state.logdensity,
            "n_steps": info.num_integration_steps,
        }
        return state, {"values": {site.name: found[site.name] for site in table}, "stats": stats}

    def advance(carry: Any, shared: Any) -> Any:
        data, tuned, begin, end = shared

        def iterate(i: Any, carry: Any) -> Any:
            key = jax.random.fold_in(carry["key"], i)
            state, drawn = transition(key, carry["state"], data, tuned)
            kept = jax.tree.map(lambda buffer, new: buffer.at[i].set(new), carry["kept"], drawn)
            return {"key": carry["key"], "state": state, "kept": kept}

        return jax.lax.fori_loop(begin, end, iterate, carry)

    def over_chains(function: Any) -> Any:
        on = chains.resolve("auto", settings.num_chains)
        return chains.over_chains(function, settings.num_chains, on)

    return (
        Compiled(over_chains(trainer.train)),
        Compiled(warm_up),
        Compiled(over_chains(advance), donate=(0,)),
    )

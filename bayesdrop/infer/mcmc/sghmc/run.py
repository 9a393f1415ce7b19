"""Running SGHMC over all chains, compiled once per shape of the data."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from blackjax.sgmcmc import diffusions
from blackjax.util import generate_gaussian_noise

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
    from bayesdrop.infer.mcmc.sghmc.settings import SGHMC

_REPORTS = 20  # progress reports over a run
_SCALE_ROWS = 128  # whose gradients say how large those of a site are


def run(settings: SGHMC, model: Model, data: TrainingData, seed: int, progress: Progress) -> Fit:
    """As :meth:`bayesdrop.SGHMC.run`."""
    functions = start, advance = _sampler(settings, model, data.n_outputs)
    meter = Meter(*functions)
    rows = (jnp.asarray(data.X), jnp.asarray(data.y))
    keys = jax.random.split(jax.random.key(seed), settings.num_chains)
    warmup_rounds = -(-settings.num_warmup // settings.steps_per_draw)
    rounds = warmup_rounds + settings.num_samples
    with task(progress, "SGHMC", settings.training_steps + rounds * settings.steps_per_draw):
        carry = jax.block_until_ready(start(keys, rows))
        progress.advance(settings.training_steps, "trained")
        step = -(-rounds // _REPORTS)
        for begin in range(0, rounds, step):
            end = min(begin + step, rounds)
            carry = jax.block_until_ready(advance(carry, (*rows, begin, end)))
            progress.advance((end - begin) * settings.steps_per_draw)
    kept = jax.tree.map(np.asarray, carry["kept"])
    lost = ~np.isfinite(kept["stats"]["temperature"]).all(1)
    if lost.any():
        raise FloatingPointError(
            f"{lost.sum()} of {len(lost)} chains ran away to infinity: give SGHMC a step_size "
            f"below {settings.step_size:g}"
        )
    row_gradients = (settings.training_steps + rounds * settings.steps_per_draw) * _batch(
        settings, data.rows
    ) + (1 + warmup_rounds) * min(_SCALE_ROWS, data.rows)
    return Fit(
        values=kept["values"],
        form=settings.form,
        sample_stats=kept["stats"],
        seconds=meter.seconds(),
        info={
            **meter.info(),
            "chain_method": chains.resolve(settings.chain_method, settings.num_chains),
            "gradients": settings.num_chains * row_gradients // data.rows,
        },
    )


def _batch(settings: SGHMC, rows: int) -> int:
    return min(settings.batch_size or rows, rows)


@lru_cache(maxsize=32)
def _sampler(settings: SGHMC, model: Model, n_outputs: int) -> Any:
    """``start(keys, data)`` and ``advance(carry, (X, y, begin, end))`` over all chains.

    ``begin`` and ``end`` count rounds of ``steps_per_draw`` steps, of which those after the warm-up
    end in a draw. Data are arguments, so that every data set of one shape runs the same program.
    """
    program = numpyro_model(model, settings.form, n_outputs)
    if settings.centring is not None:
        program = partly_centred(program, model, settings.form, n_outputs, settings.centring)
    trainer = Trainer(program, settings.training_steps, settings.learning_rate, settings.batch_size)
    warmup_rounds = -(-settings.num_warmup // settings.steps_per_draw)
    friction = 1 - settings.momentum  # a step's share

    def gradient(values: Any, batch: Any, n_rows: int) -> Any:
        return jax.grad(lambda v: log_density(program, v, *batch, n_rows=n_rows))(values)

    def scales(key: Any, values: Any, data: Any) -> Any:
        """Per site, the reciprocal root-mean-square norm of the gradient of a row's likelihood."""
        X, y = data
        chosen = jax.random.choice(key, len(X), (min(_SCALE_ROWS, len(X)),), replace=False)
        of_rows = jax.lax.map(
            lambda row: gradient(values, (X[row][None], y[row][None]), len(X)), chosen
        )
        return jax.tree.map(
            lambda g: (jnp.sum(g.var(0)) / len(X) ** 2 + 1 / len(X)) ** -0.5, of_rows
        )

    def step(key: Any, state: Any, data: Any) -> Any:
        X, y = data
        rows, size = len(X), _batch(settings, len(X))
        step_size = math.sqrt(settings.step_size * size) / rows
        integrator: Any = diffusions.sghmc(friction / step_size)
        batch_key, noise_key = jax.random.split(key)
        batch = data
        if size < rows:
            index = jax.random.randint(batch_key, (size,), 0, rows)
            batch = X[index], y[index]
        scale, momentum = state["scale"], state["momentum"]
        ahead = jax.tree.map(
            lambda v, s, p: v + s * step_size * p, state["values"], scale, momentum
        )
        # the gradient where the step goes to: Euler's step is then a symplectic one
        slope = jax.tree.map(jnp.multiply, gradient(ahead, batch, rows), scale)
        _, momentum = integrator(noise_key, ahead, momentum, slope, step_size)
        return {"values": ahead, "momentum": momentum, "scale": scale}

    def observe(state: Any, data: Any) -> Any:
        found = constrained(program, state["values"], *data)
        table = sites(model, data[0].shape[1], n_outputs, settings.form)
        leaves = jax.tree.leaves(state["momentum"])
        square = sum(jnp.sum(leaf**2) for leaf in leaves) / sum(leaf.size for leaf in leaves)
        stats = {"temperature": square * (1 - friction / 2)}
        return {"values": {site.name: found[site.name] for site in table}, "stats": stats}

    def start(key: Any, data: Any) -> Any:
        train_key, scale_key, momentum_key, key = jax.random.split(key, 4)
        values = trainer.train(train_key, data)
        state = {
            "values": values,
            "momentum": generate_gaussian_noise(momentum_key, values),
            "scale": scales(scale_key, values, data),
        }
        empty = jax.tree.map(
            lambda leaf: jnp.zeros((settings.num_samples, *leaf.shape), leaf.dtype),
            jax.eval_shape(observe, state, data),
        )
        return {"key": key, "state": state, "kept": empty}

    def advance(carry: Any, shared: Any) -> Any:
        *data, begin, end = shared

        def one_round(i: Any, carry: Any) -> Any:
            key = jax.random.fold_in(carry["key"], i)
            state = jax.lax.fori_loop(
                0,
                settings.steps_per_draw,
                lambda j, state: step(jax.random.fold_in(key, j), state, data),
                carry["state"],
            )
            state["scale"] = jax.lax.cond(
                i < warmup_rounds,
                lambda: scales(key, state["values"], data),
                lambda: state["scale"],
            )
            slot = jnp.where(i < warmup_rounds, settings.num_samples, i - warmup_rounds)
            kept = jax.tree.map(
                lambda buffer, new: buffer.at[slot].set(new, mode="drop"),
                carry["kept"],
                observe(state, data),
            )
            return {"key": carry["key"], "state": state, "kept": kept}

        return jax.lax.fori_loop(begin, end, one_round, carry)

    on = chains.resolve(settings.chain_method, settings.num_chains)
    start_all = chains.over_chains(start, settings.num_chains, on)
    advance_all = chains.over_chains(advance, settings.num_chains, on)
    return Compiled(start_all), Compiled(advance_all, donate=(0,))

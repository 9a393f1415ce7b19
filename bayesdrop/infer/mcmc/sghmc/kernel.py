"""SGHMC as a kernel: BlackJAX's integrator on minibatches, scaled site by site."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from blackjax.sgmcmc import diffusions
from blackjax.util import generate_gaussian_noise

from bayesdrop.bound import BoundModel
from bayesdrop.data.training import TrainingData
from bayesdrop.infer.engine.adam import Trainer, prior_widths
from bayesdrop.infer.engine.caches import compiled_once
from bayesdrop.infer.mcmc.centring import sampled_program
from bayesdrop.infer.mcmc.driver import Draw, Kernel, Rows, Sampler
from bayesdrop.posterior.fit import Fit
from bayesdrop.posterior.weight_draws import WeightDraws
from bayesdrop.programs.numpyro_density import Values, constrained, log_density
from bayesdrop.progress import Progress

if TYPE_CHECKING:
    from bayesdrop.infer.mcmc.sghmc.settings import SGHMC

_SCALE_ROWS = 128  # whose gradients say how large those of a site are


class State(NamedTuple):
    """A chain: its key, unconstrained values and momentum by site, and each site's scale."""

    key: Any
    values: Values
    momentum: Values
    scale: Values


class Info(NamedTuple):
    """The mean square of the momentum, which is 1 at the posterior's temperature."""

    temperature: Any


def run(
    settings: SGHMC, bound: BoundModel, data: TrainingData, seed: int, progress: Progress
) -> Fit:
    """Sample as :meth:`bayesdrop.SGHMC.run` does."""
    sampled = _sampler(settings, bound).run("SGHMC", data, seed, progress)
    lost = ~np.isfinite(sampled.draw.stats["temperature"]).all(1)
    if lost.any():
        raise FloatingPointError(
            f"{lost.sum()} of {len(lost)} chains ran away to infinity: give SGHMC a step_size "
            f"below {settings.step_size:g}"
        )
    draws = WeightDraws(sampled.draw.values, sampled.draw.stats)
    return Fit(draws, seconds=sampled.seconds, info=sampled.info)


@compiled_once
def _sampler(settings: SGHMC, bound: BoundModel) -> Sampler:
    kernel = build_kernel(settings, bound)
    return Sampler(kernel, settings.num_samples, settings.num_chains, settings.chain_method)


def build_kernel(settings: SGHMC, bound: BoundModel) -> Kernel:
    """The kernel; a step of it is ``steps_per_draw`` of the integrator's."""
    program = sampled_program(bound, settings.centring)
    steps, rate = settings.training_steps, settings.learning_rate
    widths = prior_widths(bound.sites)
    trainer = Trainer(program, steps, rate, settings.batch_size, widths=widths)
    num_discarded = -(-settings.num_warmup // settings.steps_per_draw)
    friction = 1 - settings.momentum  # a step's share

    def batch_size(num_rows: int) -> int:
        return min(settings.batch_size or num_rows, num_rows)

    def gradient(values: Values, batch: Rows, num_rows: int) -> Values:
        return jax.grad(lambda v: log_density(program, v, *batch, n_rows=num_rows))(values)

    def scales(key: Any, values: Values, rows: Rows) -> Values:
        """Per site, the reciprocal root-mean-square norm of the gradient of a row's likelihood."""
        X, y = rows
        chosen = jax.random.choice(key, len(X), (min(_SCALE_ROWS, len(X)),), replace=False)
        of_rows = jax.lax.map(
            lambda row: gradient(values, (X[row][None], y[row][None]), len(X)), chosen
        )
        return jax.tree.map(
            lambda g: (jnp.sum(g.var(0)) / len(X) ** 2 + 1 / len(X)) ** -0.5, of_rows
        )

    def move(key: Any, state: State, rows: Rows) -> State:
        X, y = rows
        num_rows, size = len(X), batch_size(len(X))
        step_size = math.sqrt(settings.step_size * size) / num_rows
        integrator: Any = diffusions.sghmc(friction / step_size)
        batch_key, noise_key = jax.random.split(key)
        batch = rows
        if size < num_rows:
            index = jax.random.randint(batch_key, (size,), 0, num_rows)
            batch = X[index], y[index]
        ahead = jax.tree.map(
            lambda v, s, p: v + s * step_size * p, state.values, state.scale, state.momentum
        )
        # the gradient where the step goes to: Euler's step is then a symplectic one
        slope = jax.tree.map(jnp.multiply, gradient(ahead, batch, num_rows), state.scale)
        _, momentum = integrator(noise_key, ahead, state.momentum, slope, step_size)
        return state._replace(values=ahead, momentum=momentum)

    def init(key: Any, rows: Rows) -> State:
        train_key, scale_key, momentum_key, key = jax.random.split(key, 4)
        values = trainer.train(train_key, rows)
        momentum: Any = generate_gaussian_noise(momentum_key, values)
        return State(key, values, momentum, scales(scale_key, values, rows))

    def step(index: Any, state: State, rows: Rows) -> tuple[State, Info]:
        key = jax.random.fold_in(state.key, index)
        state = jax.lax.fori_loop(
            0,
            settings.steps_per_draw,
            lambda i, state: move(jax.random.fold_in(key, i), state, rows),
            state,
        )
        scale = jax.lax.cond(
            index < num_discarded,
            lambda: scales(jax.random.fold_in(key, settings.steps_per_draw), state.values, rows),
            lambda: state.scale,
        )
        leaves = jax.tree.leaves(state.momentum)
        square = sum(jnp.sum(leaf**2) for leaf in leaves) / sum(leaf.size for leaf in leaves)
        return state._replace(scale=scale), Info(square * (1 - friction / 2))

    def observe(state: State, info: Info, rows: Rows) -> Draw:
        found = constrained(program, state.values, *rows)
        values = {site.name: found[site.name] for site in bound.sites}
        return Draw(values, {"temperature": info.temperature})

    def gradients(states: State, num_rows: int) -> int:
        steps = (num_discarded + settings.num_samples) * settings.steps_per_draw
        of_rows = (settings.training_steps + steps) * batch_size(num_rows)
        of_rows += (1 + num_discarded) * min(_SCALE_ROWS, num_rows)
        return settings.num_chains * of_rows // num_rows

    return Kernel(
        init,
        step,
        observe,
        gradients,
        num_discarded=num_discarded,
        init_work=settings.training_steps,
        step_work=settings.steps_per_draw,
    )

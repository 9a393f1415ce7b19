"""SGHMC as a kernel: BlackJAX's integrator on minibatches, scaled site by site."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from blackjax.sgmcmc import diffusions
from blackjax.util import generate_gaussian_noise

from bayesdrop.bound import BoundModel
from bayesdrop.infer.base import Job
from bayesdrop.infer.engine.adam import Trainer
from bayesdrop.infer.mcmc.driver import run_kernel
from bayesdrop.infer.mcmc.kernel import Draw, Kernel, Rows
from bayesdrop.infer.mcmc.target import sampled
from bayesdrop.posterior.results.fit import Fit
from bayesdrop.programs.numpyro_density import Values, constrained, log_density
from bayesdrop.progress import Progress

if TYPE_CHECKING:
    from bayesdrop.infer.mcmc.sghmc.settings import SGHMC

_SCALE_ROWS = 128  # whose gradients say how large those of a site are


class State(NamedTuple):
    """A chain: its key, unconstrained values and momentum by site, and each site's scale.

    It has ``taken`` so many steps, of which each makes a draw.
    """

    key: jax.Array
    values: Values
    momentum: Values
    scale: Values
    taken: jax.Array


class Info(NamedTuple):
    """The mean square of the momentum, which is 1 at the posterior's temperature."""

    temperature: Any


def sample(
    settings: SGHMC,
    jobs: Sequence[Job],
    progress: Progress,
    earlier: Fit | None,
) -> list[Fit]:
    """Sample as :meth:`bayesdrop.SGHMC.sample` does."""
    found = run_kernel(build_kernel, settings, jobs, progress, earlier)
    for one in found:
        lost = ~np.all(np.isfinite(one.stats["temperature"]), axis=1)
        if lost.any():
            raise FloatingPointError(
                f"{lost.sum()} of {len(lost)} chains ran away to infinity: give SGHMC a step_size "
                f"below {settings.step_size:g}"
            )
    return [one.fit() for one in found]


def build_kernel(settings: SGHMC, bound: BoundModel) -> Kernel:
    """The kernel; a step of it is ``steps_per_draw`` of the integrator's."""
    target = sampled(bound, settings.centring, integrate_noise_scale=False)
    program = target.program
    steps, rate = settings.training_steps, settings.learning_rate
    trainer = Trainer(program, target.widths, steps, rate, settings.batch_size)
    num_discarded = -(-settings.num_warmup // settings.steps_per_draw)
    friction = 1 - settings.momentum  # a step's share

    def batch_size(num_rows: int) -> int:
        return min(settings.batch_size or num_rows, num_rows)

    def gradient(values: Values, batch: Rows, num_rows: int) -> Values:
        return jax.grad(lambda v: log_density(program, v, *batch, n_rows=num_rows))(values)

    def scales(key: jax.Array, values: Values, rows: Rows) -> Values:
        """Per site, the reciprocal root-mean-square norm of the gradient of a row's likelihood."""
        X, y = rows
        chosen = jax.random.choice(key, len(X), (min(_SCALE_ROWS, len(X)),), replace=False)
        of_rows = jax.lax.map(
            lambda row: gradient(values, (X[row][None], y[row][None]), len(X)), chosen
        )
        return jax.tree.map(
            lambda g: (jnp.sum(g.var(0)) / len(X) ** 2 + 1 / len(X)) ** -0.5, of_rows
        )

    def move(key: jax.Array, state: State, rows: Rows) -> State:
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

    def init(key: jax.Array, rows: Rows) -> State:
        train_key, scale_key, momentum_key, key = jax.random.split(key, 4)
        values = trainer.train(train_key, rows)
        momentum: Any = generate_gaussian_noise(momentum_key, values)
        scale = scales(scale_key, values, rows)
        return State(key, values, momentum, scale, jnp.int32(0))

    def step(index: jax.Array | int, state: State, rows: Rows) -> tuple[State, Info]:
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
        state = state._replace(scale=scale, taken=state.taken + 1)
        return state, Info(square * (1 - friction / 2))

    def observe(state: State, info: Info, rows: Rows) -> Draw:
        found = constrained(program, state.values, *rows)
        values = {site.name: found[site.name] for site in bound.sites}
        return Draw(values, {"temperature": info.temperature})

    def gradients(states: State, num_rows: int) -> int:
        taken = int(states.taken[0])  # every chain as many
        starts = settings.num_superchains or settings.num_chains
        of_a_start = settings.training_steps * batch_size(num_rows) + min(_SCALE_ROWS, num_rows)
        of_a_chain = taken * settings.steps_per_draw * batch_size(num_rows)
        of_a_chain += min(taken, num_discarded) * min(_SCALE_ROWS, num_rows)
        return (starts * of_a_start + settings.num_chains * of_a_chain) // num_rows

    return Kernel(
        init,
        step,
        observe,
        gradients,
        num_discarded=num_discarded,
        init_work=settings.training_steps,
        step_work=settings.steps_per_draw,
        learning_rate=rate,
    )

"""Training members to modes, compiled once per shape of the data."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from bayesdrop.bound import BoundModel
from bayesdrop.data.training import TrainingData
from bayesdrop.infer.engine import devices
from bayesdrop.infer.engine.adam import Trainer, Training, mode_density
from bayesdrop.infer.engine.caches import compiled_once
from bayesdrop.infer.engine.chain_method import ChainMethod
from bayesdrop.infer.engine.compiled import Compiled, Meter
from bayesdrop.infer.engine.jax_settings import own_settings
from bayesdrop.infer.engine.minibatches import check_loss
from bayesdrop.infer.engine.widths import prior_widths
from bayesdrop.noise.support import edges
from bayesdrop.posterior.results.fit import Fit
from bayesdrop.posterior.results.weight_draws import WeightDraws
from bayesdrop.programs import numpyro_density
from bayesdrop.programs.numpyro import build
from bayesdrop.programs.numpyro_density import Values
from bayesdrop.programs.numpyro_noise import onto
from bayesdrop.progress import Progress, task

if TYPE_CHECKING:
    from bayesdrop.infer.point.map import PointEstimate

_REPORTS = 10  # progress reports over each half
AFTER_TRAINING = 2
"""The number of the key for what follows. The halves of the training have 0 and 1."""


class Trained(NamedTuple):
    """Members at their modes, unconstrained, with a first axis of members, and what it took."""

    values: Values
    losses: NDArray
    meter: Meter
    info: dict[str, Any]


@own_settings()
def run(
    settings: PointEstimate,
    bound: BoundModel,
    data: TrainingData,
    seed: int,
    progress: Progress,
    num_members: int = 1,
    chain_method: ChainMethod = "auto",
) -> Fit:
    """Run :meth:`bayesdrop.MAP.run` for any number of members."""
    found = trained(settings, bound, data, seed, progress, num_members, chain_method)
    return Fit(
        WeightDraws(own_values(bound, found.values)),
        losses=found.losses,
        seconds=found.meter.seconds(),
        info=found.info,
    )


@own_settings()
def trained(
    settings: PointEstimate,
    bound: BoundModel,
    data: TrainingData,
    seed: int,
    progress: Progress,
    num_members: int,
    chain_method: ChainMethod,
    density: Callable[..., jax.Array] = mode_density,
) -> Trained:
    """``num_members`` modes of ``density``, from one seed."""
    halves = _halves(settings, bound, num_members, chain_method, density)
    functions = [function for _, *pair in halves for function in pair]
    meter = Meter(*functions)
    rows = (jnp.asarray(data.X_standardised), jnp.asarray(data.columns))
    key = jax.random.key(seed)
    values = _starts(bound, seed, num_members)
    losses = []
    for half, (trainer, start, advance) in enumerate(halves):
        keys = jax.random.split(jax.random.fold_in(key, half), num_members)
        _, per_epoch, epochs = trainer.batches(data.rows)
        chunk = -(-epochs // _REPORTS)
        total = np.zeros((num_members, epochs))
        with task(progress, type(settings).__name__, epochs * per_epoch):
            state = start((values, keys), None)
            for begin in range(0, epochs, chunk):
                end = min(begin + chunk, epochs)
                state, found = advance(state, (*rows, begin, end))
                total += np.asarray(found)
                last, first = total[:, end - 1].max(), total[:, 0].max()
                check_loss(last, first, end * per_epoch, settings.learning_rate)
                steps = (end - begin) * per_epoch
                progress.advance(steps, f"loss {total[:, end - 1].mean():.1f}")
        values = state.values
        losses.append(total.mean(0))
    info = {
        **meter.info(),
        "chain_method": devices.resolve(chain_method, num_members),
        "gradients": num_members * sum(_gradients(t, data.rows) for t, *_ in halves),
    }
    return Trained(values, np.concatenate(losses), meter, info)


def _starts(bound: BoundModel, seed: int, num_members: int) -> Values:
    """Unconstrained draws of the prior, but positive and bounded sites at its median.

    Their draws would only make the start worse: a half-Cauchy's can be thousands.
    """
    rng = np.random.default_rng(seed)
    starts = {}
    for site in bound.sites:
        prior, shape = site.prior.start, (num_members, *site.shape)
        real = site.support == "real"
        value = prior.draw(rng, shape) if real else np.full(shape, prior.median)
        value = np.clip(value, *edges(prior, np.float32))
        starts[site.name] = onto(prior).inv(jnp.asarray(value, jnp.float32))
    return starts


def _gradients(trainer: Trainer, rows: int) -> int:
    """Gradients over all rows that the batches amount to."""
    size, per_epoch, epochs = trainer.batches(rows)
    return -(-epochs * per_epoch * (size + trainer.held_batch(rows)) // rows)


def own_values(bound: BoundModel, values: Values) -> dict[str, NDArray]:
    """The sites' own values at unconstrained ones, (members, *shape), as (1, members, *shape)."""
    row = jnp.zeros((1, *bound.input_shape)), jnp.zeros((1, bound.n_columns))
    found = _constrained(bound)(values, row)
    return {
        site.name: np.clip(np.asarray(found[site.name]), *edges(site.prior, np.float32))[None]
        for site in bound.sites
    }


@compiled_once
def _constrained(bound: BoundModel) -> Compiled:
    """``values, (X, y)`` → the sites' own values, all with a first axis of members."""
    program = build(bound)

    def own(values: Values, data: tuple[jax.Array, jax.Array]) -> Values:
        return jax.vmap(lambda one: numpyro_density.constrained(program, one, *data))(values)

    return Compiled(own)


@compiled_once
def _halves(
    settings: PointEstimate,
    bound: BoundModel,
    num_members: int,
    chain_method: ChainMethod,
    density: Callable[..., jax.Array],
) -> list[tuple[Trainer, Compiled, Compiled]]:
    """Trainer, ``start((values, keys), None)`` and ``advance(state, (X, y, begin, end))``."""
    program, widths = build(bound), prior_widths(bound.sites)
    own = tuple(site.name for site in bound.sites if site.layer is None)
    steps = (settings.num_steps, settings.learning_rate, settings.batch_size, density)
    method = devices.resolve(chain_method, num_members)

    def over_members(function: Callable[..., Any]) -> Compiled:
        return Compiled(devices.over_chains(function, num_members, method))

    found = []
    for held_out in (settings.held_out, 0.0) if own and settings.held_out else (0.0,):
        trainer = Trainer(program, widths, *steps, own if settings.held_out else (), held_out)

        def start(
            member: tuple[Values, jax.Array], _: None, trainer: Trainer = trainer
        ) -> Training:
            return trainer.start_at(*member)

        found.append((trainer, over_members(start), over_members(trainer.advance)))
    return found

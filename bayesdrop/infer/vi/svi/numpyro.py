"""Variational inference by gradient steps in NumPyro, compiled once per shape of the data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax
import numpy as np
from numpyro import optim
from numpyro.infer import SVI as NumpyroSVI

from bayesdrop.bound import BoundModel
from bayesdrop.data.training import TrainingData
from bayesdrop.infer.engine.caches import compiled_once
from bayesdrop.infer.engine.compiled import Compiled, Meter
from bayesdrop.infer.engine.minibatches import REPORTS, batches, check_loss, epochs_of, gradients
from bayesdrop.infer.vi.guides.in_numpyro import guide_of
from bayesdrop.infer.vi.relaxation import hardened
from bayesdrop.infer.vi.svi.elbo import OrderedELBO
from bayesdrop.marginal import with_scales
from bayesdrop.posterior.fit import Fit
from bayesdrop.posterior.weight_draws import WeightDraws
from bayesdrop.programs.numpyro import build
from bayesdrop.progress import Progress, task

if TYPE_CHECKING:
    from bayesdrop.infer.vi.stein.settings import SteinVI
    from bayesdrop.infer.vi.svi.settings import SVI


def run(settings: SVI, bound: BoundModel, data: TrainingData, seed: int, progress: Progress) -> Fit:
    """Run :meth:`bayesdrop.SVI.run`."""
    functions = _svi(settings, bound, data.rows)
    return optimise(settings, functions, bound, data, seed, progress)


def optimise(
    settings: SVI | SteinVI,
    functions: tuple[Compiled, Compiled, Compiled],
    bound: BoundModel,
    data: TrainingData,
    seed: int,
    progress: Progress,
) -> Fit:
    """The fit that ``start(key, X, y)``, ``advance(state, key, begin, end, X, y)`` and
    ``draw(key, state, X, y)`` make."""
    start, advance, draw = functions
    meter = Meter(*functions)
    rows = (jax.numpy.asarray(data.X_standardised), jax.numpy.asarray(data.y_standardised))
    init_key, run_key, draw_key = jax.random.split(jax.random.key(seed), 3)
    state = start(init_key, *rows)
    _, per_epoch, epochs = batches(data.rows, settings.batch_size, settings.num_steps)
    chunk = -(-epochs // REPORTS)
    losses = []
    with task(progress, type(settings).__name__, epochs * per_epoch):
        for begin in range(0, epochs, chunk):
            end = min(begin + chunk, epochs)
            state, found = advance(state, run_key, begin, end, *rows)
            losses.append(np.asarray(found)[: end - begin].reshape(-1))
            check_loss(losses[-1][-1], end * per_epoch, settings.learning_rate)
            progress.advance((end - begin) * per_epoch, f"loss {losses[-1][-1]:.1f}")
    drawn, learned = draw(draw_key, state, *rows)
    draws = {name: np.asarray(value)[None] for name, value in drawn.items()}
    found = {name: float(value) for name, value in learned.items()}
    values = with_scales(bound, hardened(draws, bound.sites), seed, found)
    return Fit(
        WeightDraws(values, learned=found),
        losses=np.concatenate(losses),
        seconds=meter.seconds(),
        info={
            **meter.info(),
            "gradients": settings.gradients_per_step
            * gradients(data.rows, settings.batch_size, settings.num_steps),
        },
    )


@compiled_once
def _svi(settings: SVI, bound: BoundModel, rows: int) -> tuple[Compiled, Compiled, Compiled]:
    """The functions of :func:`optimise`.

    They serve data of so many ``rows`` alone: NumPyro's guides keep the shapes of their first call.
    """
    program = build(bound, settings.temperature)
    guide = guide_of(settings, program, bound.sites)
    adam = optim.Adam(lambda step: settings.learning_rate * settings.decay**step)
    elbo = OrderedELBO(num_particles=settings.num_particles)
    svi = NumpyroSVI(program, guide, adam, elbo)

    def draw(key: Any, state: Any, X: Any, y: Any) -> Any:
        params = svi.get_params(state)
        draws = guide.sample_posterior(key, params, X, y, sample_shape=(settings.num_samples,))
        return draws, {name: params[name] for name in bound.model.learned}

    advance = epochs_of(svi.update, settings.batch_size, settings.num_steps)
    return Compiled(svi.init), Compiled(advance), Compiled(draw)

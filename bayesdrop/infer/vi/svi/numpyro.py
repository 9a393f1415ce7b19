"""Variational inference by gradient steps in NumPyro, compiled once per shape of the data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray
from numpyro import handlers, optim
from numpyro.infer import SVI as NumpyroSVI

from bayesdrop.bound import BoundModel
from bayesdrop.data.training import TrainingData
from bayesdrop.infer.engine.caches import compiled_once
from bayesdrop.infer.engine.compiled import Compiled, Meter
from bayesdrop.infer.engine.jax_settings import own_settings
from bayesdrop.infer.engine.minibatches import REPORTS, batches, check_loss, epochs_of
from bayesdrop.infer.vi.guides.in_numpyro import guide_of
from bayesdrop.infer.vi.relaxation import hardened
from bayesdrop.infer.vi.svi import optimum
from bayesdrop.infer.vi.svi.averaging import SQUARES_DECAY, averaged_steps
from bayesdrop.infer.vi.svi.elbo import OrderedELBO
from bayesdrop.infer.vi.svi.start import init_to, prior_medians
from bayesdrop.marginal import with_scales
from bayesdrop.posterior.results.fit import Fit
from bayesdrop.posterior.results.weight_draws import WeightDraws
from bayesdrop.programs.numpyro import build
from bayesdrop.programs.numpyro_density import Values, log_density
from bayesdrop.progress import Progress, task

if TYPE_CHECKING:
    from bayesdrop.infer.vi.stein.settings import SteinVI
    from bayesdrop.infer.vi.svi.settings import SVI


def run(settings: SVI, bound: BoundModel, data: TrainingData, seed: int, progress: Progress) -> Fit:
    """Run :meth:`bayesdrop.SVI.run`."""
    functions = _svi(settings, bound, data.rows)
    medians = prior_medians(bound, seed, settings.temperature)
    return optimise(settings, functions, bound, data, seed, progress, (medians,))


@own_settings()
def optimise(
    settings: SVI | SteinVI,
    functions: tuple[Compiled, Compiled, Compiled],
    bound: BoundModel,
    data: TrainingData,
    seed: int,
    progress: Progress,
    start_at: tuple[dict[str, NDArray], ...] = (),
) -> Fit:
    """The fit that ``start(key, X, y, *start_at)``, ``advance(state, key, begin, end, X, y)`` and
    ``draw(key, state, X, y)`` make.

    ``draw`` returns draws by site, learned parameters by name, and what
    :func:`bayesdrop.infer.vi.svi.optimum.distance` takes, or ``None``.
    """
    start, advance, draw = functions
    meter = Meter(*functions)
    rows = (jnp.asarray(data.X_standardised), jnp.asarray(data.columns))
    init_key, run_key, draw_key = jax.random.split(jax.random.key(seed), 3)
    _, per_epoch, epochs = batches(data.rows, settings.batch_size, settings.num_steps)
    chunk = -(-epochs // REPORTS)
    losses = []
    with task(progress, type(settings).__name__, epochs * per_epoch):
        state = start(init_key, *rows, *start_at)
        for begin in range(0, epochs, chunk):
            end = min(begin + chunk, epochs)
            state, found = advance(state, run_key, begin, end, *rows)
            losses.append(np.asarray(found)[: end - begin].reshape(-1))
            check_loss(losses[-1][-1], losses[0][0], end * per_epoch, settings.learning_rate)
            progress.advance((end - begin) * per_epoch, f"loss {losses[-1][-1]:.1f}")
        drawn, learned, slopes = jax.device_get(draw(draw_key, state, *rows))
    draws = {name: np.asarray(value)[None] for name, value in drawn.items()}
    found = {name: float(value) for name, value in learned.items()}
    values = with_scales(bound, hardened(draws, bound.sites), seed, found)
    return Fit(
        WeightDraws(values, learned=found),
        losses=np.concatenate(losses),
        seconds=meter.seconds(),
        info={
            **meter.info(),
            "gradients": settings.gradients(data.rows),
            **({} if slopes is None else {"optimum": optimum.distance(*slopes)}),
        },
    )


class _State(NamedTuple):
    """NumPyro's state, and the mean of the iterates so far that are averaged."""

    svi: Any
    mean: Any


@compiled_once
def _svi(settings: SVI, bound: BoundModel, rows: int) -> tuple[Compiled, Compiled, Compiled]:
    """The functions of :func:`optimise`.

    They serve data of so many ``rows`` alone: NumPyro's guides keep the shapes of their first call.
    """
    program = build(bound, settings.temperature)
    start_values: dict[str, jax.Array] = {}
    guide = guide_of(settings, program, bound.sites, init_to(start_values))
    adam = optim.Adam(lambda step: settings.learning_rate * settings.decay**step, b2=SQUARES_DECAY)
    elbo = OrderedELBO(num_particles=settings.num_particles)
    svi: Any = NumpyroSVI(program, guide, adam, elbo)
    _, per_epoch, epochs = settings.batches(rows)
    unaveraged = per_epoch * epochs - averaged_steps(per_epoch * epochs)

    def start(key: jax.Array, X: jax.Array, y: jax.Array, medians: dict[str, jax.Array]) -> _State:
        start_values.update(medians)
        state = svi.init(key, X, y)
        return _State(state, adam.get_params(state.optim_state))

    def update(
        state: _State, X: jax.Array, y: jax.Array, **n_rows: int
    ) -> tuple[_State, jax.Array]:
        inner, loss = svi.update(state.svi, X, y, **n_rows)
        count = inner.optim_state[0] - unaveraged
        share = jnp.where(count > 0, 1 / jnp.maximum(count, 1), 0.0)
        iterate = adam.get_params(inner.optim_state)
        mean = jax.tree.map(lambda m, p: m + share * (p - m), state.mean, iterate)
        return _State(inner, mean), loss

    def draw(
        key: jax.Array, state: _State, X: jax.Array, y: jax.Array
    ) -> tuple[Values, Values, tuple[Values, Values] | None]:
        params = svi.constrain_fn(state.mean)
        draw_key, check_key = jax.random.split(key)
        draws = guide.sample_posterior(draw_key, params, X, y, sample_shape=(settings.num_samples,))
        learned = {name: params[name] for name in bound.model.learned}
        slopes = _slopes(check_key, params, X, y) if settings.is_checked else None
        return draws, learned, slopes

    def _slopes(
        key: jax.Array, params: Values, X: jax.Array, y: jax.Array
    ) -> tuple[Values, Values]:
        """Draws of the guide on the unconstrained scale, and the log joint's gradients there."""
        known = {name: params[name] for name in bound.model.learned}
        density: Any = handlers.substitute(program, data=known)
        draw_key, row_key = jax.random.split(key)
        sample: Any = handlers.substitute(
            handlers.seed(guide._sample_latent, draw_key), data=params
        )
        latent: jax.Array = sample(sample_shape=(settings.check_draws,))
        size, *_ = settings.batches(rows)

        def slope(index: jax.Array) -> tuple[Values, Values]:
            values = guide._unpack_latent(latent[index])
            batch = X, y
            if size < rows:
                one_key = jax.random.fold_in(row_key, index)
                chosen = jax.random.choice(one_key, rows, (size,), replace=False)
                batch = X[chosen], y[chosen]
            gradient = jax.grad(lambda at: log_density(density, at, *batch, n_rows=rows))(values)
            return values, gradient

        return jax.lax.map(slope, jnp.arange(settings.check_draws))

    advance = epochs_of(update, settings.batch_size, settings.num_steps)
    return Compiled(start), Compiled(advance), Compiled(draw)

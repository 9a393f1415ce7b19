"""The Laplace approximation at a trained mode, its draws and its linearised predictions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import jax
import numpy as np
from jax.flatten_util import ravel_pytree
from numpy.typing import NDArray
from numpyro import handlers
from numpyro.infer import init_to_value
from numpyro.infer.autoguide import AutoLaplaceApproximation

from bayesdrop.alternatives import methods_for
from bayesdrop.bound import BoundModel
from bayesdrop.data.training import TrainingData
from bayesdrop.family import Parameters
from bayesdrop.infer.base import UnsupportedModelError
from bayesdrop.infer.engine.caches import compiled_once
from bayesdrop.infer.engine.compiled import Compiled
from bayesdrop.infer.engine.jax_settings import own_settings
from bayesdrop.infer.point import training
from bayesdrop.infer.point.laplace import gauss_newton
from bayesdrop.posterior.results.fit import Fit, Result
from bayesdrop.posterior.results.function_draws import FunctionDraws, Predictor
from bayesdrop.posterior.results.weight_draws import WeightDraws
from bayesdrop.programs import numpyro_density
from bayesdrop.programs.numpyro import build
from bayesdrop.programs.numpyro_density import Values
from bayesdrop.progress import Progress

if TYPE_CHECKING:
    from bayesdrop.infer.point.laplace.settings import Laplace

_MOST_WEIGHTS = 20_000
_DRAWS_AT_ONCE = 50


@own_settings()
def run(
    settings: Laplace,
    bound: BoundModel,
    data: TrainingData,
    seed: int,
    progress: Progress,
    linearized_network: Predictor,
) -> Fit:
    """Run :meth:`bayesdrop.Laplace.run`; ``linearized_network`` predicts by :func:`linearized`."""
    free = _free(bound, settings.subset)
    found = training.trained(
        settings, bound, data, seed, progress, 1, "sequential", numpyro_density.log_density
    )
    mode = {name: np.asarray(value[0]) for name, value in found.values.items()}
    if settings.backend == "numpyro":
        gaussian = _gaussian(bound, free, settings.num_samples)
        found.meter.watch(gaussian)
        draw_key = jax.random.fold_in(jax.random.key(seed), training.AFTER_TRAINING)
        with jax.enable_x64(True):
            wide = {name: value.astype(np.float64) for name, value in mode.items()}
            rows = data.X_standardised.astype(np.float64), data.y_standardised.astype(np.float64)
            draws = jax.tree.map(np.asarray, gaussian(draw_key, wide, rows))
    else:
        from bayesdrop.infer.point.laplace import laplace_torch

        draws = laplace_torch.draws(settings, bound, data, seed, mode, free)
    draws = {name: np.asarray(value, dtype=np.float32) for name, value in draws.items()}
    if settings.predictive == "linearized":
        state = {f"mode_{name}": value for name, value in mode.items()}
        state |= {f"draws_{name}": value for name, value in draws.items()}
        result: Result = FunctionDraws(linearized_network, state)
    else:
        every = {n: np.broadcast_to(v, (settings.num_samples, *v.shape)) for n, v in mode.items()}
        result = WeightDraws(training.own_values(bound, {**every, **draws}))
    return Fit(
        result,
        losses=found.losses,
        seconds=found.meter.seconds(),
        info={**found.info, **found.meter.info()},
    )


def _free(bound: BoundModel, subset: str) -> tuple[str, ...]:
    """The sites that the Gaussian is over."""
    table = bound.sites
    last = max(site.layer for site in table if site.layer is not None)
    layers = {last} if subset == "last_layer" else set(range(last + 1))
    free = [site for site in table if site.layer in layers]
    if (count := sum(int(np.prod(site.shape)) for site in free)) > _MOST_WEIGHTS:
        smaller = 'subset="last_layer", or ' if subset == "all" else ""
        raise UnsupportedModelError(
            f"Laplace can't run this model: the precision of {count} weights and noises takes "
            f"{8e-9 * count**2:.0f} GB several times over. Use {smaller}"
            f"{methods_for(bound.model, 'SVI', 'DeepEnsemble')}"
        )
    return tuple(site.name for site in free)


@compiled_once
def _gaussian(bound: BoundModel, free: tuple[str, ...], num_samples: int) -> Compiled:
    """``key, mode, (X, y)`` → unconstrained draws of the free sites, all in float64."""
    program = build(bound)

    def draw(key: jax.Array, mode: Values, data: tuple[jax.Array, jax.Array]) -> Values:
        own = numpyro_density.constrained(program, mode, *data)
        fixed = {name: own[name] for name in mode if name not in free}
        centre, unravel = ravel_pytree({name: mode[name] for name in free})

        def precision(_: object, centre: jax.Array) -> jax.Array:
            return gauss_newton.precision(bound, program, mode, unravel(centre), *data)

        guide = AutoLaplaceApproximation(
            handlers.condition(program, fixed),
            init_loc_fn=init_to_value(values={name: own[name] for name in free}),
            hessian_fn=precision,
        )
        guide_key, draw_key = jax.random.split(key)
        handlers.seed(guide, guide_key)(*data)
        posterior = guide.get_posterior({"auto_loc": centre})
        return jax.vmap(unravel)(posterior.sample(draw_key, (num_samples,)))

    return Compiled(draw)


@own_settings()
def linearized(
    state: Mapping[str, NDArray], bound: BoundModel, X: NDArray[np.float32]
) -> Parameters:
    """The likelihood's parameters where the network is linear about the mode."""
    mode = {n.removeprefix("mode_"): v for n, v in state.items() if n.startswith("mode_")}
    draws = {n.removeprefix("draws_"): v for n, v in state.items() if n.startswith("draws_")}
    offsets = {name: value - mode[name] for name, value in draws.items()}
    return jax.tree.map(np.asarray, _linear(bound)(mode, offsets, X))


@compiled_once
def _linear(bound: BoundModel) -> Compiled:
    """``mode, offsets, X`` → the parameters at mode + each offset, (draws, rows, outputs)."""
    program = build(bound)

    def parameters(mode: Values, offsets: Values, X: jax.Array) -> Parameters:
        def output(moved: Values) -> jax.Array:
            return gauss_newton.output(bound, program, {**mode, **moved}, X)

        centre = {name: mode[name] for name in offsets}
        own = gauss_newton.own_values(program, mode, X, bound.n_outputs)

        def at(offset: Values) -> Parameters:
            middle, slope = jax.jvp(output, (centre,), (offset,))
            return bound.model.likelihood.parameters(middle + slope, own)

        return jax.lax.map(at, offsets, batch_size=_DRAWS_AT_ONCE)

    return Compiled(parameters)

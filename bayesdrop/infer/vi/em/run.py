"""Running variational EM in JAX, compiled once per shape of the data."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from numpy.typing import NDArray

from bayesdrop.bound import BoundModel
from bayesdrop.data.training import TrainingData
from bayesdrop.infer.engine.caches import compiled_once
from bayesdrop.infer.engine.compiled import Compiled, Meter
from bayesdrop.infer.engine.jax_settings import own_settings
from bayesdrop.infer.engine.minibatches import check_loss
from bayesdrop.infer.vi.em.scale_updates import log_stated_density, prior_variance, updated_scales
from bayesdrop.posterior.results.fit import Fit
from bayesdrop.posterior.results.weight_draws import WeightDraws
from bayesdrop.programs.numpyro_noise import onto
from bayesdrop.progress import Progress, task
from bayesdrop.sites import Site

if TYPE_CHECKING:
    from bayesdrop.infer.vi.em.settings import VariationalEM

_REPORTS = 20  # progress reports over a run

Params = dict[str, dict[str, jax.Array]]
"""q's ``mean`` and ``log_std`` by site, and the likelihood's unconstrained ``points``."""
_State = tuple[Params, optax.OptState, dict[str, jax.Array]]


@own_settings()
def run(
    settings: VariationalEM, bound: BoundModel, data: TrainingData, seed: int, progress: Progress
) -> Fit:
    """Run :meth:`bayesdrop.VariationalEM.run`."""
    advance = _epochs(settings, bound, data.rows)
    meter = Meter(advance)
    table = bound.sites
    rng = np.random.default_rng(seed)
    rows = (jnp.asarray(data.X_standardised), jnp.asarray(data.y_standardised))
    params = _start(settings, bound, rng)
    scales = {s.name: jnp.full(s.shape, s.prior.median) for s in table if s.role == "scale"}
    state = (params, _adam(settings, data.rows).init(params), scales)
    size, per_epoch = settings.batches(data.rows)
    chunk = -(-settings.num_epochs // _REPORTS)
    losses = []
    with task(progress, "EM", settings.num_epochs):
        for begin in range(0, settings.num_epochs, chunk):
            end = min(begin + chunk, settings.num_epochs)
            state, found = advance(state, jax.random.key(seed), begin, end, *rows)
            losses.append(np.asarray(found)[: end - begin])
            check_loss(losses[-1][-1], losses[0][0], end * per_epoch, settings.learning_rate)
            progress.advance(end - begin, f"loss {losses[-1][-1]:.1f}")
    params, _, scales = state
    points = {**scales, **_constrained(table, params["points"])}
    values = _draws(settings.num_samples, params, points, rng)
    passes = settings.num_epochs * settings.num_particles * size * per_epoch / data.rows
    return Fit(
        WeightDraws({site.name: values[site.name] for site in table}),
        losses=np.concatenate(losses),
        seconds=meter.seconds(),
        info={
            **meter.info(),
            "gradients": round(passes),
        },
    )


@compiled_once
def _epochs(settings: VariationalEM, bound: BoundModel, n_rows: int) -> Compiled:
    """``advance(state, key, begin, end, X, y)`` → the state after those epochs, and their losses.

    The state is the :data:`Params`, Adam's moments of them, and the scales.
    """
    size, per_epoch = settings.batches(n_rows)
    loss_and_gradient = jax.value_and_grad(_loss(settings, bound, n_rows))
    adam = _adam(settings, n_rows)

    def advance(
        state: _State,
        key: jax.Array,
        begin: jax.Array,
        end: jax.Array,
        X: jax.Array,
        y: jax.Array,
    ) -> tuple[_State, jax.Array]:
        def epoch(index: jax.Array, carry: tuple[_State, jax.Array]) -> tuple[_State, jax.Array]:
            (params, moments, scales), losses = carry
            shuffle, noise = jax.random.split(jax.random.fold_in(key, index))
            order = jax.random.permutation(shuffle, n_rows)[: size * per_epoch]

            def step(
                carry: tuple[Params, optax.OptState], batch: tuple[jax.Array, jax.Array]
            ) -> Any:
                params, moments = carry
                rows, noise = batch
                loss, gradient = loss_and_gradient(params, scales, noise, X[rows], y[rows])
                change, moments = adam.update(gradient, moments)
                return (optax.apply_updates(params, change), moments), loss

            batches = (order.reshape(per_epoch, size), jax.random.split(noise, per_epoch))
            (params, moments), found = jax.lax.scan(step, (params, moments), batches)
            scales = updated_scales(bound.sites, second_moments(params), scales)
            return (params, moments, scales), losses.at[index - begin].set(found.mean())

        losses = jnp.zeros(-(-settings.num_epochs // _REPORTS))
        return jax.lax.fori_loop(begin, end, epoch, (state, losses))

    return Compiled(advance)


def _adam(settings: VariationalEM, n_rows: int) -> optax.GradientTransformation:
    steps = settings.num_epochs * settings.batches(n_rows)[1]
    decay = settings.final_learning_rate / settings.learning_rate
    return optax.adam(optax.exponential_decay(settings.learning_rate, steps, decay))


def _loss(settings: VariationalEM, bound: BoundModel, n_rows: int) -> Callable[..., jax.Array]:
    """Minus the objective at q, the scales, a key, and a minibatch of the ``n_rows`` rows."""
    model, table = bound.model, bound.sites
    names = {(site.role, site.layer): site.name for site in table}
    n_weights = sum(math.prod(site.shape) for site in table if site.role == "weight")
    tempering = n_rows / n_weights if settings.kl == "averaged" else 1.0

    def loss(
        params: Params, scales: dict[str, jax.Array], key: jax.Array, X: jax.Array, y: jax.Array
    ) -> jax.Array:
        mean = params["mean"]
        variance = {name: jnp.exp(2 * value) for name, value in params["log_std"].items()}
        values = _constrained(table, params["points"])

        # no windows: see supports
        def linear(layer: int, h: jax.Array, gather: object = None) -> jax.Array:
            weight, bias = names["weight", layer], names["bias", layer]
            centre = h @ mean[weight] + mean[bias]
            spread = jnp.sqrt(h**2 @ variance[weight] + variance[bias])
            return centre + spread * _antithetic(jax.random.fold_in(key, layer), centre.shape)

        repeated = jnp.broadcast_to(X, (settings.num_particles, *X.shape))
        output = model.network.forward(repeated, linear)
        parameters = model.likelihood.parameters(output, values)
        log_likelihood = model.likelihood.family.log_prob(parameters, y).sum()
        log_likelihood = log_likelihood * n_rows / (len(X) * settings.num_particles)
        prior = {site.name: site.prior for site in table}
        log_prior = sum(prior[name].log_density(value).sum() for name, value in values.items())
        return tempering * shrinkage(table, params, scales) - log_prior - log_likelihood

    return loss


def _antithetic(key: jax.Array, shape: tuple[int, ...]) -> jax.Array:
    """Standard normals, the second half of the particles minus the first."""
    half = jax.random.normal(key, (-(-shape[0] // 2), *shape[1:]))
    return jnp.concatenate([half, -half])[: shape[0]]


def shrinkage(table: tuple[Site, ...], params: Params, scales: dict[str, jax.Array]) -> Any:
    """KL(q ‖ p(w | scales)) − log p(scales)."""
    moments, total = second_moments(params), 0.0
    for site in table:
        if site.role in ("weight", "bias"):
            variance = prior_variance(site, scales)
            log_ratio = 2 * params["log_std"][site.name] - jnp.log(variance)
            total += 0.5 * (moments[site.name] / variance - 1 - log_ratio).sum()
        elif site.role == "scale":
            total -= log_stated_density(site.prior, scales[site.name]).sum()
    return total


def second_moments(params: Params) -> dict[str, jax.Array]:
    """E w² under q, by site."""
    return {n: m**2 + jnp.exp(2 * params["log_std"][n]) for n, m in params["mean"].items()}


def _start(settings: VariationalEM, bound: BoundModel, rng: np.random.Generator) -> Params:
    likelihood = bound.model.likelihood
    params: Params = {"mean": {}, "log_std": {}, "points": {}}
    for site in bound.sites:
        if site.role == "likelihood":
            value = jnp.full(site.shape, likelihood.start_of(site.name, site.prior))
            params["points"][site.name] = onto(site.prior).inv(value)
        elif site.role in ("weight", "bias"):
            spread = site.shape[0] ** -0.5 if site.role == "weight" else 0.0
            mean = spread * rng.standard_normal(site.shape, dtype=np.float32)
            params["mean"][site.name] = jnp.asarray(mean)
            params["log_std"][site.name] = jnp.full(site.shape, math.log(settings.init_scale))
    return params


def _draws(
    size: int, params: Params, points: dict[str, jax.Array], rng: np.random.Generator
) -> dict[str, NDArray[np.float32]]:
    """One chain of draws of q, each with the points."""
    draws = {n: np.tile(np.asarray(v), (1, size) + (1,) * v.ndim) for n, v in points.items()}
    for name, mean in params["mean"].items():
        noise = rng.standard_normal((1, size, *mean.shape), dtype=np.float32)
        draws[name] = np.asarray(mean) + np.exp(np.asarray(params["log_std"][name])) * noise
    return draws


def _constrained(table: tuple[Site, ...], points: dict[str, jax.Array]) -> dict[str, jax.Array]:
    priors = {site.name: site.prior for site in table}
    return {name: onto(priors[name])(value) for name, value in points.items()}

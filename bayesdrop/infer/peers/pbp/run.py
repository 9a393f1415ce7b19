"""Running probabilistic backpropagation: the moments of a row's output, and the updates by it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.special import ndtr
from numpy.typing import NDArray

from bayesdrop.bound import BoundModel
from bayesdrop.data.training import TrainingData
from bayesdrop.infer.engine.caches import compiled_once
from bayesdrop.infer.engine.compiled import Compiled, Meter
from bayesdrop.infer.engine.jax_settings import own_settings
from bayesdrop.noise import InverseNakagami
from bayesdrop.posterior.results.fit import Fit
from bayesdrop.posterior.results.weight_draws import WeightDraws
from bayesdrop.progress import Progress, task
from bayesdrop.sites import Site

if TYPE_CHECKING:
    from bayesdrop.infer.peers.pbp.settings import PBP

_SMALLEST_VARIANCE = 1e-100


class Moments(NamedTuple):
    """The moments of a layer's weights and biases under q, or of a vector of activations."""

    mean: Any
    variance: Any


class State(NamedTuple):
    """q: Moments by site, and the gamma of each output's precision (or its fixed variance)."""

    weights: dict[str, Moments]
    shape: Any
    rate: Any
    refused: Any


@own_settings()
def run(
    settings: PBP,
    bound: BoundModel,
    data: TrainingData,
    seed: int,
    progress: Progress,
    precision_prior: InverseNakagami | None,
) -> Fit:
    """Run :meth:`bayesdrop.PBP.run`.

    ``precision_prior`` is the prior of the noise scale; ``None`` where the scale is fixed.
    """
    rng = np.random.default_rng(seed)
    epoch = _epoch(precision_prior is not None)
    meter = Meter(epoch)
    with jax.enable_x64(True), task(progress, "PBP", settings.num_epochs):
        state = _start(settings, bound, rng, precision_prior)
        rows = (data.X_standardised.astype(np.float64), data.y_standardised.astype(np.float64))
        losses = []
        for _ in range(settings.num_epochs):
            state, log_z = epoch(state, *rows, rng.permutation(data.rows))
            losses.append(-float(log_z))
            progress.advance(1, f"loss {losses[-1]:.1f}")
    state = jax.tree.map(np.asarray, state)
    values = _draws(state, bound.sites, settings.num_samples, rng)
    return Fit(
        WeightDraws(values),
        losses=np.array(losses),
        seconds=meter.seconds(),
        info={
            **meter.info(),
            "gradients": settings.num_epochs,
            "refused_updates": int(state.refused),
        },
    )


def _start(
    settings: PBP,
    bound: BoundModel,
    rng: np.random.Generator,
    precision_prior: InverseNakagami | None,
) -> State:
    """The prior, its means perturbed unless the model is linear."""
    model, n_outputs = bound.model, bound.n_outputs
    scale: Any = model.likelihood.scale  # type: ignore[attr-defined]
    spread = settings.init_scale if model.network.hidden else 0.0  # type: ignore[attr-defined]
    weights = {}
    for site in bound.sites:
        if site.role in ("weight", "bias"):
            prior: Any = site.prior
            mean = spread * prior.scale * rng.standard_normal(site.shape)
            weights[site.name] = Moments(mean, np.full(site.shape, prior.scale**2))
    shape, rate = np.full(n_outputs, np.inf), np.full(n_outputs, float("nan"))
    if precision_prior is not None:
        gamma: Any = precision_prior
        shape, rate = np.full(n_outputs, gamma.shape), np.full(n_outputs, gamma.rate)
    else:
        rate = np.full(n_outputs, scale**2)
    return State(weights, shape, rate, np.zeros((), np.int64))


def _draws(
    state: State, table: tuple[Site, ...], count: int, rng: np.random.Generator
) -> dict[str, NDArray]:
    values = {
        name: q.mean + np.sqrt(q.variance) * rng.standard_normal((1, count, *q.mean.shape))
        for name, q in state.weights.items()
    }
    if any(site.name == "noise_scale" for site in table):
        size = (1, count, len(state.shape))
        values["noise_scale"] = np.sqrt(state.rate / rng.gamma(state.shape, size=size))
    return {name: value.astype(np.float32) for name, value in values.items()}


@compiled_once
def _epoch(learns_precision: bool) -> Compiled:
    """``epoch(state, X, y, order)``: one update per row; the new state and the sum of log Z."""

    def epoch(
        state: State, X: jax.Array, y: jax.Array, order: jax.Array
    ) -> tuple[State, jax.Array]:
        def row(state: State, index: jax.Array) -> tuple[State, jax.Array]:
            return update(state, X[index], y[index], learns_precision)

        state, log_z = jax.lax.scan(row, state, order)
        return state, log_z.sum()

    return Compiled(epoch)


def update(
    state: State, x: jax.Array, y: jax.Array, learns_precision: bool
) -> tuple[State, jax.Array]:
    """q after the row ``x`` (features,), ``y`` (outputs,), and log Z of that row."""
    shape, rate = state.shape, state.rate

    def log_z_at(weights: dict[str, Moments], noise: jax.Array) -> jax.Array:
        f = output(weights, x)
        variance = f.variance + noise
        squares = jnp.square(y - f.mean) / variance
        return -0.5 * (jnp.log(2 * math.pi * variance) + squares)

    noise = rate / (shape - 1) if learns_precision else rate  # E σ²
    log_z = log_z_at(state.weights, noise)
    slopes = jax.grad(lambda weights: log_z_at(weights, noise).sum())(state.weights)
    moved = {name: _moved(q, slopes[name]) for name, q in state.weights.items()}
    weights = {name: new for name, (new, _) in moved.items()}
    refused = state.refused + sum(count for _, count in moved.values())
    if learns_precision:
        once, twice = (log_z_at(state.weights, rate / (shape + k)) for k in (0, 1))
        shape, rate = _gamma(shape, rate, log_z, once, twice)
    return State(weights, shape, rate, refused), log_z.sum()


def _moved(q: Moments, slope: Moments) -> tuple[Moments, jax.Array]:
    """The moments of q(w) p(y | w) / Z, and how many are refused, having no variance."""
    mean = q.mean + q.variance * slope.mean
    variance = q.variance - q.variance**2 * (slope.mean**2 - 2 * slope.variance)
    valid = (variance > _SMALLEST_VARIANCE) & jnp.isfinite(mean) & jnp.isfinite(variance)
    kept = Moments(jnp.where(valid, mean, q.mean), jnp.where(valid, variance, q.variance))
    return kept, (~valid).sum()


def _gamma(
    shape: jax.Array, rate: jax.Array, log_z: jax.Array, once: jax.Array, twice: jax.Array
) -> tuple[jax.Array, jax.Array]:
    """The gamma with the first two moments of the precision under q p(y | ·) / Z.

    ``once`` and ``twice`` are log Z with the shape raised by one and by two.
    """
    new_shape = 1 / (jnp.exp(twice - 2 * once + log_z) * (shape + 1) / shape - 1)
    new_rate = 1 / (
        jnp.exp(twice - once) * (shape + 1) / rate - jnp.exp(once - log_z) * shape / rate
    )
    valid = (new_shape > 1) & (new_rate > 0) & jnp.isfinite(new_shape) & jnp.isfinite(new_rate)
    return jnp.where(valid, new_shape, shape), jnp.where(valid, new_rate, rate)


def output(weights: dict[str, Moments], x: jax.Array) -> Moments:
    """Moments of f(x), (outputs,), with the units of a layer independent."""
    last = len(weights) // 2 - 1
    h = Moments(x, jnp.zeros_like(x))
    for layer in range(last + 1):
        w, b = weights[f"weight_{layer}"], weights[f"bias_{layer}"]
        mean = h.mean @ w.mean + b.mean
        second = jnp.square(w.mean) + w.variance
        variance = h.variance @ second + jnp.square(h.mean) @ w.variance + b.variance
        h = Moments(mean, variance)
        if layer < last:
            h = rectified(h)
    return h


def rectified(u: Moments) -> Moments:
    """Moments of max(u, 0) of a Gaussian u, without cancellation far out on either side."""
    scale = jnp.sqrt(u.variance)
    a = u.mean / scale
    above, below, density = ndtr(a), ndtr(-a), jnp.exp(-0.5 * a**2) / math.sqrt(2 * math.pi)
    mean = u.mean * above + scale * density
    share = above + a * (a * above * below + density * (below - above)) - density**2
    return Moments(mean, u.variance * jnp.maximum(share, 0.0))

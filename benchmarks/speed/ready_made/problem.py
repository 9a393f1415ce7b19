"""The density as a function of vectors, and the size and the result of a run on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

import bayesdrop as bd
from bayesdrop.infer.engine.adam import Trainer
from bayesdrop.infer.mcmc.target import sampled
from bayesdrop.programs.numpyro_density import constrained, log_density

CENTRING = 0.3


@dataclass(frozen=True)
class Size:
    """How much is run: of chains, training steps, warm-up, draws, steps between MCLMC's draws."""

    chains: int = 4
    training: int = 1000
    nuts_warmup: int = 500
    nuts_draws: int = 500
    mclmc_warmup: int = 8000
    mclmc_draws: int = 1000
    thinning: int = 40
    laps_chains: int = 256
    laps_steps: int = 2000


SMALL = Size(2, 20, 50, 20, 100, 20, 2, 16, 100)


class Problem(NamedTuple):
    """A posterior on vectors.

    ``outputs`` maps vectors (chain, draw, d) to f(x) (chain, draw, rows) and σ (chain, draw).
    """

    start: Callable[[Any], Any]
    density: Callable[[Any], Any]
    outputs: Callable[[Any], tuple[Any, Any]]


class Draws(NamedTuple):
    """Vectors (chain, draw, d), and the gradients that warm-up and draws took."""

    vectors: Any
    gradients: int


def problem_of(model: bd.Model, split: bd.Split, training: int) -> Problem:
    """The posterior of the model on the training rows."""
    data = bd.TrainingData.of(split.X_train, split.y_train, True)
    bound = model.bind(data.input_shape, data.n_outputs)
    X, y = rows = jnp.asarray(data.X_standardised), jnp.asarray(data.y_standardised)
    target = sampled(bound, CENTRING, integrate_noise_scale=True)
    trainer = Trainer(target.program, target.widths, training)
    unravel = ravel_pytree(trainer.start(jax.random.key(0), rows).values)[1]

    def of_one(key: Any, vector: Any) -> tuple[Any, Any]:
        values = constrained(target.program, unravel(vector), X, y)
        found = target.complete(key, values, rows)
        return bound.output(found, X)[..., 0], found["noise_scale"][0]

    @jax.jit
    def outputs(vectors: Any) -> tuple[Any, Any]:
        flat = vectors.reshape(-1, vectors.shape[-1])
        keys = jax.random.split(jax.random.key(1), len(flat))
        found = jax.lax.map(lambda at: of_one(*at), (keys, flat), batch_size=100)
        return jax.tree.map(lambda leaf: leaf.reshape(*vectors.shape[:2], *leaf.shape[1:]), found)

    def in_target_units(vectors: Any) -> tuple[Any, Any]:
        f, scale = outputs(vectors)
        return f, np.asarray(scale) * data.scaling.y_scale[0]

    return Problem(
        lambda key: ravel_pytree(trainer.train(key, rows))[0],
        lambda vector: log_density(target.program, unravel(vector), *rows),
        in_target_units,
    )

"""The generalised Gauss-Newton approximation to the curvature of −log posterior (Martens 2014).

The likelihood adds Jᵀ F J. J is the Jacobian of the network's output, and F is the Fisher
information of the output at a row, from what the family states of its parameters. The prior adds a
diagonal, as all its elements are independent in expanded form.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree
from numpyro import handlers

from bayesdrop.bound import BoundModel
from bayesdrop.family import Parameters
from bayesdrop.model import Model
from bayesdrop.programs import numpyro_density
from bayesdrop.programs.numpyro_density import Program, Values

_ROWS_AT_ONCE = 64
_LEAST_CURVATURE = 1e-6  # of a prior that is not log-concave at the mode


def own_values(program: Program, values: Values, X: jax.Array, n_outputs: int) -> Values:
    """The sites' own values at unconstrained ``values``."""
    return numpyro_density.constrained(program, values, X[:1], jnp.zeros((1, n_outputs), X.dtype))


def output(bound: BoundModel, program: Program, values: Values, X: jax.Array) -> jax.Array:
    """The network's output (rows, outputs) at unconstrained ``values``."""
    return bound.output(own_values(program, values, X, bound.n_outputs), X)


def precision(
    bound: BoundModel, program: Program, mode: Values, free: Values, X: jax.Array, y: jax.Array
) -> jax.Array:
    """Prior curvature plus Jᵀ F J in the flattened ``free``, the other sites at ``mode``."""
    centre, unravel = ravel_pytree(free)
    own = own_values(program, mode, X, y.shape[1])

    def outputs(flat: jax.Array, x: jax.Array) -> jax.Array:
        return output(bound, program, {**mode, **unravel(flat)}, x[None])[0]

    def root(x: jax.Array) -> jax.Array:
        """A matrix whose square is the row's Jᵀ F J."""
        fisher = _fisher(bound.model, outputs(centre, x), own)
        values, vectors = jnp.linalg.eigh(fisher)
        half = vectors * jnp.sqrt(jnp.clip(values, 0))
        return half.T @ jax.jacrev(outputs)(centre, x)

    def add(total: jax.Array, rows: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, None]:
        x, counts = rows
        roots = (jax.vmap(root)(x) * counts[:, None, None]).reshape(-1, centre.size)
        return total + roots.T @ roots, None

    def chunks(rows: jax.Array) -> jax.Array:
        padding = [(0, -len(X) % _ROWS_AT_ONCE)] + [(0, 0)] * (rows.ndim - 1)
        return jnp.pad(rows, padding).reshape(-1, _ROWS_AT_ONCE, *rows.shape[1:])

    start = jnp.diag(_prior_curvature(program, mode, free, X, y))
    return jax.lax.scan(add, start, (chunks(X), chunks(jnp.ones(len(X)))))[0]


def _prior_curvature(
    program: Program, mode: Values, free: Values, X: jax.Array, y: jax.Array
) -> jax.Array:
    """−∂² log p(u)/∂u² of every element of the unconstrained ``free``."""
    centre, unravel = ravel_pytree(free)
    blocked: Any = handlers.block(program, hide=["y"])

    def energy(flat: jax.Array) -> jax.Array:
        return -numpyro_density.log_density(blocked, {**mode, **unravel(flat)}, X, y)

    slopes = jax.jvp(jax.grad(energy), (centre,), (jnp.ones_like(centre),))[1]
    return jnp.maximum(slopes, _LEAST_CURVATURE)


def _fisher(model: Model, f: jax.Array, own: Values) -> jax.Array:
    """The Fisher information (outputs, outputs) of the output ``f`` of one row."""

    def parameters(f: jax.Array) -> Parameters:
        return jax.tree.map(lambda p: p[0], model.likelihood.parameters(f[None], own))

    at, slopes = parameters(f), jax.jacfwd(parameters)(f)
    information = model.likelihood.family.fisher_information(at)
    if information is None:
        raise ValueError(f"{model.likelihood.family} states no Fisher information")
    total = jnp.zeros((f.size, f.size), f.dtype)
    for name, value in information.items():
        slope = slopes[name]
        if value.ndim > at[name].ndim:  # a matrix over the parameter's own last axis
            total = total + jnp.einsum("oif,oij,ojg->fg", slope, value, slope)
        else:
            total = total + slope.T @ (value[:, None] * slope)
    return total

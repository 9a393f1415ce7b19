"""A NumPyro program's log density as a function of unconstrained sites, data as arguments.

It is what optimisers and samplers from outside NumPyro need; each function can be compiled.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree
from numpyro.distributions import biject_to
from numpyro.handlers import seed, substitute, trace
from numpyro.infer import init_to_sample
from numpyro.infer.util import constrain_fn, potential_energy

from bayesdrop.sites import Site

Program = Callable[..., None]
Values = dict[str, Any]

_ATTEMPTS = 100  # draws of the prior at most


def prior_draw(program: Program, key: Any, X: Any, y: Any, validate_grad: bool = False) -> Values:
    """A draw of the prior where the log joint is finite, unconstrained: site name → array.

    With ``validate_grad`` its gradient is finite there too.

    It is the draw that NumPyro's ``initialize_model`` finds, compiled in half the time: that has
    the program twice, for the shapes of the draw and for the draw.
    """

    def drawn(key: Any) -> Values:
        seeded = substitute(seed(program, key), substitute_fn=init_to_sample)
        return {
            name: biject_to(site["fn"].support).inv(site["value"])
            for name, site in trace(seeded).get_trace(X, y).items()
            if site["type"] == "sample"
            and not site["is_observed"]
            and not site["fn"].support.is_discrete
        }

    def is_valid(values: Values) -> Any:
        if not validate_grad:
            return jnp.isfinite(log_density(program, values, X, y))
        found = jax.value_and_grad(lambda at: log_density(program, at, X, y))(values)
        return jnp.all(jnp.isfinite(ravel_pytree(found)[0]))

    def attempt(state: tuple[Any, Any, Values, Any]) -> tuple[Any, Any, Values, Any]:
        count, key, _, _ = state
        key, draw_key = jax.random.split(key)
        values = drawn(draw_key)
        return count + 1, key, values, is_valid(values)

    blank = jax.tree.map(lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), jax.eval_shape(drawn, key))
    found = jax.lax.while_loop(
        lambda state: (state[0] < _ATTEMPTS) & ~state[3], attempt, (0, key, blank, False)
    )
    return found[2]


def log_density(program: Program, values: Values, X: Any, y: Any, n_rows: int | None = None) -> Any:
    """The log joint at unconstrained ``values``, Jacobians of the transforms included.

    With ``n_rows``, ``X`` and ``y`` are a minibatch of that many rows.
    """
    return -potential_energy(program, (X, y), {"n_rows": n_rows}, values)


def constrained(program: Program, values: Values, X: Any, y: Any) -> Values:
    """The sites' own values, with those the program computes from them."""
    return constrain_fn(program, (X, y), {}, values, return_deterministic=True)


@dataclass(frozen=True)
class JaxDensity:
    """A model's log joint density in JAX; :func:`bayesdrop.jax_density` makes it.

    ``values`` maps the name of every site to an array of the site's shape on the unconstrained
    scale: the real line, onto which a positive site is put by its logarithm, for example.
    ``X`` (rows, *input_shape) and ``y`` (rows, outputs) are standardised rows, as
    :class:`bayesdrop.TrainingData` has them. All methods are pure functions, which ``jax.jit``,
    ``jax.grad`` and ``jax.vmap`` take.

    Attributes
    ----------
    program
        The NumPyro program.
    sites
        What its variables are.
    """

    program: Program
    sites: tuple[Site, ...]

    def log_density(self, values: Values, X: Any, y: Any, n_rows: int | None = None) -> Any:
        """Return log p(y, values | X), a number, with the Jacobians of the transforms.

        With ``n_rows``, ``X`` and ``y`` are a minibatch of that many rows, and the likelihood is
        scaled up. Default ``None``: they are all rows.
        """
        return log_density(self.program, values, X, y, n_rows)

    def prior_draw(self, key: Any, X: Any, y: Any) -> Values:
        """Return a draw of the prior at which the log density is finite, unconstrained."""
        return prior_draw(self.program, key, X, y)

    def constrained(self, values: Values, X: Any, y: Any) -> Values:
        """Return the sites' values in their own support, which results hold."""
        return constrained(self.program, values, X, y)

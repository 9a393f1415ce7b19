"""A NumPyro program's log density as a function of unconstrained sites, data as arguments.

It is what optimisers and samplers from outside NumPyro need; each function can be compiled.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from numpyro.infer import init_to_sample
from numpyro.infer.util import constrain_fn, initialize_model, potential_energy

Program = Callable[..., None]
Values = dict[str, Any]


def prior_draw(program: Program, key: Any, X: Any, y: Any) -> Values:
    """A draw of the prior where the log joint is finite, unconstrained: site name → array."""
    info = initialize_model(
        key,
        program,
        init_strategy=init_to_sample,
        dynamic_args=True,
        model_args=(X, y),
        validate_grad=False,
    )
    return info.param_info.z


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
    """

    program: Program

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

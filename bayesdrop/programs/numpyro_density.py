"""A NumPyro program's log density as a function of unconstrained sites, data as arguments.

What optimisers and samplers from outside NumPyro need of it; each function can be compiled.
"""

from __future__ import annotations

from collections.abc import Callable
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

"""What the Array API lacks: log Γ, constants beside an array, values whose gradient is 0.

A framework is imported within a function, for an array that is of that framework already.
"""

from __future__ import annotations

import math
from typing import Any

from array_api_compat import array_namespace, device, is_jax_array, is_torch_array


def gammaln(x: Any) -> Any:
    """log Γ(x) of a positive number, or of a NumPy, JAX or PyTorch array."""
    if isinstance(x, (int, float)):
        return math.lgamma(x)
    if is_torch_array(x):
        import torch

        return torch.lgamma(x)
    if is_jax_array(x):
        from jax.scipy.special import gammaln as of_jax

        return of_jax(x)
    from scipy.special import gammaln as of_scipy

    return of_scipy(x)


def log(x: Any) -> Any:
    """The logarithm of a positive number, or of a NumPy, JAX or PyTorch array."""
    return math.log(x) if isinstance(x, (int, float)) else array_namespace(x).log(x)


def constant(value: Any, like: Any) -> Any:
    """The NumPy array ``value`` in the library and on the device of ``like``, and of its dtype.

    Whole numbers stay whole.
    """
    xp = array_namespace(like)
    dtype = like.dtype if value.dtype.kind == "f" else xp.int32
    return xp.asarray(value, dtype=dtype, device=device(like) if is_torch_array(like) else None)


def without_gradient(x: Any) -> Any:
    """``x`` as a constant: derivatives of what is computed from it do not see where it is from."""
    if is_torch_array(x):
        return x.detach()
    if is_jax_array(x):
        from jax.lax import stop_gradient

        return stop_gradient(x)
    return x

"""Activation functions, written once against the Array API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from array_api_compat import array_namespace, is_jax_array, is_numpy_array, is_torch_array


def relu(x: Any) -> Any:
    if is_torch_array(x):
        return x.relu()  # there, and in NumPy, ``where`` takes 20 times as long
    xp = array_namespace(x)
    return xp.maximum(x, 0) if is_numpy_array(x) else xp.where(x > 0, x, xp.zeros_like(x))


def leaky_relu(x: Any) -> Any:
    return array_namespace(x).where(x > 0, x, 0.01 * x)


def elu(x: Any) -> Any:
    xp = array_namespace(x)
    negative = xp.where(x > 0, xp.zeros_like(x), x)
    return xp.where(x > 0, x, xp.expm1(negative))


def tanh(x: Any) -> Any:
    return array_namespace(x).tanh(x)


def sigmoid(x: Any) -> Any:
    return 0.5 * (1 + array_namespace(x).tanh(0.5 * x))


def silu(x: Any) -> Any:
    return x * sigmoid(x)


def softplus(x: Any) -> Any:
    xp = array_namespace(x)
    return xp.logaddexp(x, xp.zeros_like(x))


def erf(x: Any) -> Any:
    """The error function, which the Array API lacks: each library's own."""
    if is_torch_array(x):
        import torch

        return torch.special.erf(x)
    if is_jax_array(x):
        import jax

        return jax.scipy.special.erf(x)
    from scipy.special import erf

    return erf(x)


ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    f.__name__: f for f in (elu, erf, leaky_relu, relu, sigmoid, silu, softplus, tanh)
}


def why_not_zero_at_zero(activation: str) -> str | None:
    """``None``, or why layer noise can't go on blocks of this activation: f(0) must be 0."""
    if ACTIVATIONS[activation](np.zeros(1))[0] == 0:
        return None
    return (
        f"layer noise (ADD) with activation {activation!r}: f(0) is not 0, so τ → 0 would not "
        "leave the identity. Use relu, leaky_relu, elu, erf, silu or tanh"
    )

"""Activation functions, written once against the Array API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from array_api_compat import array_namespace


def relu(x: Any) -> Any:
    xp = array_namespace(x)
    return xp.where(x > 0, x, xp.zeros_like(x))


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


ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    f.__name__: f for f in (elu, leaky_relu, relu, sigmoid, silu, softplus, tanh)
}

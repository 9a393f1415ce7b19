"""The networks in float64 NumPy, written from DESIGN.md alone, for :mod:`oracle`.

A convolution is its definition: a sum over the window at every place of the output, one after the
other. ``apply(i, h, product)`` puts the noise of matrix ``i`` on ``h`` and adds the bias.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special

Array = NDArray[np.float64]
Apply = Callable[..., Array]

ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "elu": lambda x: np.where(x > 0, x, special.expm1(np.minimum(x, 0))),
    "erf": lambda x: np.sign(x) * special.gammainc(0.5, x * x),
    "leaky_relu": lambda x: np.where(x > 0, x, x / 100),
    "relu": lambda x: np.maximum(x, 0),
    "sigmoid": special.expit,
    "silu": lambda x: x * special.expit(x),
    "softplus": lambda x: -special.log_expit(-x),
    "tanh": lambda x: 2 * special.expit(2 * x) - 1,
}


class Shape(NamedTuple):
    """Of one weight: (*window, fan_in, fan_out), and whether it lies in a residual block."""

    fan_in: int
    fan_out: int
    in_block: bool = False
    window: tuple[int, ...] = ()


def shapes(network: Any, input_shape: tuple[int, ...], n_outputs: int) -> list[Shape]:
    """The weights of a network."""
    match type(network).__name__:
        case "MLP":
            widths = [*input_shape, *network.hidden, n_outputs]
            return [Shape(a, b) for a, b in itertools.pairwise(widths)]
        case "ResNet":
            width, blocks = network.hidden, network.depth - 1
            block = Shape(width, width, True)
            return [Shape(*input_shape, width), *[block] * blocks, Shape(width, n_outputs)]
        case "ConvNet":
            height, width, fan_in = input_shape
            window, found = (network.kernel, network.kernel), []
            for fan_out in network.channels:
                found.append(Shape(fan_in, fan_out, False, window))
                height = (height - network.kernel + 1) // network.pool
                width = (width - network.kernel + 1) // network.pool
                fan_in = fan_out
            widths = [height * width * fan_in, *network.hidden, n_outputs]
            return found + [Shape(a, b) for a, b in itertools.pairwise(widths)]
        case "ConvResNet":
            channels, window = network.channels, (network.kernel, network.kernel)
            block = Shape(channels, channels, True, window)
            first = Shape(input_shape[2], channels, False, window)
            return [first, *[block] * (network.depth - 1), Shape(channels, n_outputs)]
        case "Recurrent":
            gates = {"elman": 1, "gru": 3, "lstm": 4}[network.cell] * network.hidden
            inputs, state = Shape(input_shape[1], gates), Shape(network.hidden, gates)
            return [inputs, state, Shape(network.hidden, n_outputs)]
    raise NotImplementedError(network)


def output(network: Any, apply: Apply, x: Array) -> Array:
    """The network's output, whose weights ``apply`` has."""
    return {
        "MLP": _mlp,
        "ResNet": _resnet,
        "ConvNet": _convnet,
        "ConvResNet": _conv_resnet,
        "Recurrent": _recurrent,
    }[type(network).__name__](network, apply, x)


def _mlp(network: Any, apply: Apply, h: Array) -> Array:
    for i in range(len(network.hidden)):
        h = ACTIVATIONS[network.activation](apply(i, h))
    return apply(len(network.hidden), h)


def _resnet(network: Any, apply: Apply, x: Array) -> Array:
    activation = ACTIVATIONS[network.activation]
    h = activation(apply(0, x))
    for i in range(1, network.depth):
        h = h + activation(apply(i, h))
    return apply(network.depth, h)


def _convnet(network: Any, apply: Apply, h: Array) -> Array:
    activation, convolutions = ACTIVATIONS[network.activation], len(network.channels)
    for i in range(convolutions):
        h = _pooled(activation(apply(i, h, _convolved)), network.pool)
    h = h.reshape(*h.shape[:-3], -1)
    for i in range(len(network.hidden)):
        h = activation(apply(convolutions + i, h))
    return apply(convolutions + len(network.hidden), h)


def _conv_resnet(network: Any, apply: Apply, x: Array) -> Array:
    activation, side = ACTIVATIONS[network.activation], network.kernel // 2

    def convolved(h: Array, weight: Array) -> Array:
        around = [(0, 0)] * (h.ndim - 3) + [(side, side), (side, side), (0, 0)]
        return _convolved(np.pad(h, around), weight)

    h = _pooled(activation(apply(0, x, convolved)), network.pool)
    for i in range(1, network.depth):
        h = h + activation(apply(i, h, convolved))
    return apply(network.depth, h.mean((-3, -2)))


def _recurrent(network: Any, apply: Apply, x: Array) -> Array:
    """The equations in PyTorch's documentation of RNN, GRU and LSTM."""
    first = apply(0, x[..., 0, :])
    h = c = np.zeros((*first.shape[:-1], network.hidden))
    for time in range(x.shape[-2]):
        of_input, of_state = apply(0, x[..., time, :]), apply(1, h)
        match network.cell:
            case "elman":
                h = np.tanh(of_input + of_state)
            case "gru":
                (a, b, e), (p, q, r) = np.split(of_input, 3, -1), np.split(of_state, 3, -1)
                update = special.expit(b + q)
                h = (1 - update) * np.tanh(e + special.expit(a + p) * r) + update * h
            case "lstm":
                i, f, g, o = np.split(of_input + of_state, 4, -1)
                c = special.expit(f) * c + special.expit(i) * np.tanh(g)
                h = special.expit(o) * np.tanh(c)
    return apply(2, h)


def _convolved(h: Array, weight: Array) -> Array:
    """Windows (height, width) of ``weight`` (…, height, width, fan_in, fan_out) within ``h``."""
    high, wide = weight.shape[-4:-2]
    places = [
        [
            np.einsum("...rhwc,...hwco->...ro", h[..., i : i + high, j : j + wide, :], weight)
            for j in range(h.shape[-2] - wide + 1)
        ]
        for i in range(h.shape[-3] - high + 1)
    ]
    return np.stack([np.stack(row, axis=-2) for row in places], axis=-3)


def _pooled(h: Array, size: int) -> Array:
    squares = [
        [
            h[..., i * size : (i + 1) * size, j * size : (j + 1) * size, :].max((-3, -2))
            for j in range(h.shape[-2] // size)
        ]
        for i in range(h.shape[-3] // size)
    ]
    return np.stack([np.stack(row, axis=-2) for row in squares], axis=-3)

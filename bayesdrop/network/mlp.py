"""The multilayer perceptron."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

from bayesdrop.field_checks import checked_choice, checked_counts
from bayesdrop.network.activations import ACTIVATIONS
from bayesdrop.network.base import Layer, Linear, Network, n_features


@dataclass(frozen=True)
class MLP(Network):
    """An MLP computes ``h ← f(h W + b)`` for each hidden layer, and then a linear output.

    Parameters
    ----------
    hidden
        Number of units of each hidden layer; ``()`` is the linear model. Default ``(50,)``.
    activation
        f, one of elu, erf, leaky_relu, relu, sigmoid, silu, softplus, tanh. Default
        ``"relu"``.

    Raises
    ------
    TypeError
        ``hidden`` is a number instead of a tuple.
    ValueError
        A width is not a positive whole number, or there is no such activation.
    """

    hidden: tuple[int, ...] = (50,)
    activation: str = "relu"

    def __post_init__(self) -> None:
        checked_choice(self, "activation", ACTIVATIONS)
        checked_counts(self, "hidden")

    @property
    def residual(self) -> tuple[bool, ...]:
        return (False,) * (len(self.hidden) + 1)

    def layers(self, input_shape: tuple[int, ...], n_outputs: int) -> tuple[Layer, ...]:
        widths = (n_features(self, input_shape), *self.hidden, n_outputs)
        return tuple(Layer(*pair) for pair in itertools.pairwise(widths))

    def forward(self, x: Any, linear: Linear) -> Any:
        activation = ACTIVATIONS[self.activation]
        for layer in range(len(self.hidden)):
            x = activation(linear(layer, x))
        return linear(len(self.hidden), x)

"""The fully connected residual network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bayesdrop.field_checks import checked_choice, checked_count
from bayesdrop.network.activations import ACTIVATIONS, why_not_zero_at_zero
from bayesdrop.network.base import MOST_LAYERS, Layer, Linear, Network, n_features


@dataclass(frozen=True)
class ResNet(Network):
    """A ResNet has ``h ← h + f(h W + b)`` per layer after the first, and a linear output.

    The first layer is ``h = f(x W + b)``.

    Parameters
    ----------
    hidden
        Number of units of every hidden layer. Default 50.
    depth
        Number of hidden layers, so ``depth − 1`` residual blocks; at most 1000. Default 2.
    activation
        f, one of elu, erf, leaky_relu, relu, sigmoid, silu, softplus, tanh. Default
        ``"relu"``.

    Raises
    ------
    ValueError
        ``hidden`` or ``depth`` is not a positive whole number, ``depth`` is above 1000, or there is
        no such activation.
    """

    hidden: int = 50
    depth: int = 2
    activation: str = "relu"

    def __post_init__(self) -> None:
        checked_count(self, "hidden")
        checked_count(self, "depth", at_most=MOST_LAYERS)
        checked_choice(self, "activation", ACTIVATIONS)

    @property
    def residual(self) -> tuple[bool, ...]:
        return (False, *[True] * (self.depth - 1), False)

    def layers(self, input_shape: tuple[int, ...], n_outputs: int) -> tuple[Layer, ...]:
        blocks = [Layer(self.hidden, self.hidden)] * (self.depth - 1)
        first = Layer(n_features(self, input_shape), self.hidden)
        return (first, *blocks, Layer(self.hidden, n_outputs))

    def forward(self, x: Any, linear: Linear) -> Any:
        activation = ACTIVATIONS[self.activation]
        h = activation(linear(0, x))
        for layer in range(1, self.depth):
            h = h + activation(linear(layer, h))
        return linear(self.depth, h)

    def why_no_layer_noise(self) -> str | None:
        return super().why_no_layer_noise() or why_not_zero_at_zero(self.activation)

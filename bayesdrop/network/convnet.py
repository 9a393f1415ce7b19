"""The convolutional network in the manner of LeNet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bayesdrop.field_checks import checked_choice, checked_count, checked_counts
from bayesdrop.network.activations import ACTIVATIONS
from bayesdrop.network.base import Layer, Linear, Network
from bayesdrop.network.convolution import image_shape, max_pool, patches


@dataclass(frozen=True)
class ConvNet(Network):
    """Convolutions with max-pooling come first, and then dense layers, as in LeNet.

    A convolution computes ``h ← pool(f(h ∗ W + b))``.

    The defaults are LeNet as used on MNIST (LeCun et al. 1998; Gal & Ghahramani 2016, §5.2). Inputs
    are images (rows, height, width, channels). Windows lie within the image. A noise of units is
    one for each channel that a convolution takes, and for each unit after the last pooling.

    Parameters
    ----------
    channels
        Channels of each convolution. Default ``(20, 50)``.
    kernel
        Height and width of the windows. Default 5.
    pool
        Side of the squares of which the largest value stays; 1 is no pooling. Default 2.
    hidden
        Units of each dense hidden layer. Default ``(500,)``.
    activation
        f, one of elu, erf, leaky_relu, relu, sigmoid, silu, softplus, tanh. Default ``"relu"``.

    Raises
    ------
    TypeError
        ``channels`` or ``hidden`` is a number instead of a tuple.
    ValueError
        A setting is not a positive whole number, there is no convolution, or there is no such
        activation.
    """

    channels: tuple[int, ...] = (20, 50)
    kernel: int = 5
    pool: int = 2
    hidden: tuple[int, ...] = (500,)
    activation: str = "relu"

    def __post_init__(self) -> None:
        checked_counts(self, "channels", at_least=1)
        checked_count(self, "kernel")
        checked_count(self, "pool")
        checked_counts(self, "hidden")
        checked_choice(self, "activation", ACTIVATIONS)

    @property
    def residual(self) -> tuple[bool, ...]:
        return (False,) * (len(self.channels) + len(self.hidden) + 1)

    @property
    def shares_weights(self) -> bool:
        return True

    def layers(self, input_shape: tuple[int, ...], n_outputs: int) -> tuple[Layer, ...]:
        height, width, fan_in = image_shape(self, input_shape)
        found = []
        for fan_out in self.channels:
            height, width = (side - self.kernel + 1 for side in (height, width))
            height, width = height // self.pool, width // self.pool
            if min(height, width) < 1:
                raise ValueError(
                    f"{self} leaves nothing of images of {input_shape[0]} × {input_shape[1]} "
                    f"pixels after {len(found) + 1} convolution(s): take a smaller kernel or pool, "
                    "or fewer channels"
                )
            found.append(Layer(fan_in, fan_out, (self.kernel, self.kernel)))
            fan_in = fan_out
        fan_in *= height * width
        for fan_out in (*self.hidden, n_outputs):
            found.append(Layer(fan_in, fan_out))
            fan_in = fan_out
        return tuple(found)

    def forward(self, x: Any, linear: Linear) -> Any:
        activation, window = ACTIVATIONS[self.activation], (self.kernel, self.kernel)
        h = x
        for layer in range(len(self.channels)):
            h = activation(linear(layer, h, lambda units: patches(units, window)))
            h = max_pool(h, self.pool)
        h = h.reshape((*h.shape[:-3], -1))
        for layer in range(len(self.channels), len(self.residual) - 1):
            h = activation(linear(layer, h))
        return linear(len(self.residual) - 1, h)

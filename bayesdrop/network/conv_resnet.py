"""The residual network of convolutions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from array_api_compat import array_namespace

from bayesdrop.field_checks import checked_choice, checked_count
from bayesdrop.network.activations import ACTIVATIONS, why_not_zero_at_zero
from bayesdrop.network.base import MOST_LAYERS, Layer, Linear, Network
from bayesdrop.network.convolution import image_shape, max_pool, patches


@dataclass(frozen=True)
class ConvResNet(Network):
    """Convolutions have skips around them: ``h ← h + f(h ∗ W + b)`` for each block.

    Before the blocks comes ``h = pool(f(x ∗ W + b))``, and after them a linear output.

    It has the form of :class:`ResNet` with convolutions in place of matrices, so that layer noise
    (ADD) and stochastic depth (Huang et al. 2016) reach blocks of convolutions. Inputs are images
    (rows, height, width, channels). Images have zeros around them, so that blocks keep their size.
    The mean over all pixels comes before the output (Lin, Chen & Yan 2014).

    Parameters
    ----------
    channels
        Channels of every convolution. Default 16.
    depth
        Number of convolutions, so ``depth − 1`` residual blocks; at most 1000. Default 3.
    kernel
        Height and width of the windows, odd. Default 3.
    pool
        Side of the squares of which the largest value stays after the first convolution; 1 is no
        pooling. Default 2.
    activation
        f, one of elu, erf, leaky_relu, relu, sigmoid, silu, softplus, tanh. Default ``"relu"``.

    Raises
    ------
    ValueError
        A setting is not a positive whole number, ``kernel`` is even, or there is no such
        activation.
    """

    channels: int = 16
    depth: int = 3
    kernel: int = 3
    pool: int = 2
    activation: str = "relu"

    def __post_init__(self) -> None:
        for field in ("channels", "kernel", "pool"):
            checked_count(self, field)
        checked_count(self, "depth", at_most=MOST_LAYERS)
        checked_choice(self, "activation", ACTIVATIONS)
        if self.kernel % 2 == 0:
            raise ValueError(
                f"ConvResNet(kernel={self.kernel}): kernel must be odd, so that a window has a "
                "pixel in its middle"
            )

    @property
    def residual(self) -> tuple[bool, ...]:
        return (False, *[True] * (self.depth - 1), False)

    @property
    def shares_weights(self) -> bool:
        return True

    def layers(self, input_shape: tuple[int, ...], n_outputs: int) -> tuple[Layer, ...]:
        height, width, fan_in = image_shape(self, input_shape)
        if min(height, width) < self.pool:
            raise ValueError(
                f"{self} pools squares of {self.pool} pixels, and these images have {height} × "
                f"{width}: take a smaller pool"
            )
        window = (self.kernel, self.kernel)
        blocks = [Layer(self.channels, self.channels, window)] * (self.depth - 1)
        return Layer(fan_in, self.channels, window), *blocks, Layer(self.channels, n_outputs)

    def forward(self, x: Any, linear: Linear) -> Any:
        activation = ACTIVATIONS[self.activation]

        def convolved(layer: int, h: Any) -> Any:
            window = (self.kernel, self.kernel)
            return activation(linear(layer, h, lambda units: patches(units, window, "same")))

        h = max_pool(convolved(0, x), self.pool)
        for layer in range(1, self.depth):
            h = h + convolved(layer, h)
        xp = array_namespace(h)
        return linear(self.depth, xp.mean(xp.mean(h, axis=-2), axis=-2))

    def why_no_layer_noise(self) -> str | None:
        return super().why_no_layer_noise() or why_not_zero_at_zero(self.activation)

"""What a network is: its weight matrices, and a forward pass written once against the Array API."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from bayesdrop.spec import Spec

MOST_LAYERS = 1000
"""A network whose depth is one number has no more: a file could make up any."""


class Layer(NamedTuple):
    """A layer is the shape of one weight; its bias is (fan_out,).

    Attributes
    ----------
    fan_in
        Units (of a convolution, channels) that it takes.
    fan_out
        Units or channels that it gives.
    window
        The shape of a convolution's window, such as ``(5, 5)``. Default ``()``: none, so that the
        weight is a matrix.
    """

    fan_in: int
    fan_out: int
    window: tuple[int, ...] = ()

    @property
    def shape(self) -> tuple[int, ...]:
        """Return the shape of the weight, (*window, fan_in, fan_out)."""
        return (*self.window, self.fan_in, self.fan_out)

    @property
    def connections(self) -> int:
        """Count the weights that lead to a unit: the fan-in, times the size of the window."""
        return math.prod((*self.window, self.fan_in))


class Linear(Protocol):
    """What :meth:`Network.forward` is given to apply its weight matrices with."""

    def __call__(self, layer: int, h: Any, gather: Callable[[Any], Any] | None = None) -> Any: ...


class Network(Spec, kind="network"):
    """A network is an architecture, a frozen dataclass of its settings.

    A network of your own defines three members. :attr:`residual` says how many weight matrices
    there are and which lie inside a residual block. :meth:`layers` gives their shapes once the
    data are known. :meth:`forward` uses them; weights, biases and noise are applied for it. One
    that uses a matrix at several places of a row sets :attr:`shares_weights` too.

    Raises
    ------
    TypeError
        At the definition of a class with the name of a network of bayesdrop's.
    """

    @property
    @abstractmethod
    def residual(self) -> tuple[bool, ...]:
        """Say for each weight matrix, in order, whether a skip goes around it."""

    @abstractmethod
    def layers(self, input_shape: tuple[int, ...], n_outputs: int) -> tuple[Layer, ...]:
        """Return the weight matrices, in the order of :attr:`residual`.

        Parameters
        ----------
        input_shape
            The shape of one row of inputs: ``(features,)`` for a table.
        n_outputs
            Number of outputs that the likelihood needs.

        Raises
        ------
        ValueError
            The network can't take rows of that shape.
        """

    @property
    def shares_weights(self) -> bool:
        """Say whether a row uses a weight at several places, as in a convolution or over time.

        It is ``False`` by default. Methods that take every unit as a sum of independent terms need
        that.
        """
        return False

    @abstractmethod
    def forward(self, x: Any, linear: Linear) -> Any:
        """Return the network's output (..., rows, outputs) for ``x`` (..., rows, *input_shape).

        ``linear(l, h)`` applies weight matrix ``l`` with its bias and its noise to ``h``
        (..., rows, fan_in), which gives (..., rows, fan_out). A layer with a window takes ``h``
        (..., rows, *positions, fan_in) and ``gather``, which makes the units of each window one
        row: see :func:`bayesdrop.network.convolution.patches`. Write the rest against the Array
        API (``xp = array_namespace(x)``), so that NumPy, JAX and PyTorch run the same lines.
        """

    def why_no_layer_noise(self) -> str | None:
        """Return ``None``, or in words why layer noise (ADD) can't go on this network.

        By default a network needs a residual block: without a skip, τ → 0 would cut it in two.
        """
        if any(self.residual):
            return None
        return (
            f"layer noise (ADD) needs residual blocks, and {self} has none: with τ → 0 a layer "
            "without a skip would cut the network in two. Use bd.ResNet or bd.ConvResNet with "
            "depth >= 2"
        )


def n_features(network: Network, input_shape: tuple[int, ...]) -> int:
    """The number of features of a row, for networks that take tables alone.

    Raises
    ------
    ValueError
        A row is not a vector.
    """
    if len(input_shape) != 1:
        raise ValueError(
            f"{type(network).__name__} takes rows of features, and these rows have shape "
            f"{input_shape}: give X of shape (rows, features), such as X.reshape(len(X), -1)"
        )
    return input_shape[0]

"""What a network is: its weight matrices, and a forward pass written once against the Array API."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Any, NamedTuple

from bayesdrop.spec import Spec


class Layer(NamedTuple):
    """One weight matrix (fan_in, fan_out) with its bias; ``residual``: inside a skip."""

    fan_in: int
    fan_out: int
    residual: bool = False


class Network(Spec, kind="network"):
    """An architecture; the number of features and outputs is known only when data are."""

    @abstractmethod
    def layers(self, n_features: int, n_outputs: int) -> tuple[Layer, ...]:
        """The weight matrices, in the order in which the forward pass uses them."""

    @abstractmethod
    def forward(self, x: Any, linear: Callable[[int, Any], Any]) -> Any:
        """The network's output (..., rows, outputs) for ``x`` (..., rows, features).

        ``linear(l, h)`` applies weight matrix ``l`` with its bias and its noise to ``h``.
        """

"""What a network is: its weight matrices, and a forward pass written once against the Array API."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Any, NamedTuple

from bayesdrop.spec import Spec


class Layer(NamedTuple):
    """One weight matrix (fan_in, fan_out) with its bias (fan_out,).

    ``residual`` says that it is inside a skip, where a layer noise (:func:`bayesdrop.ADD`) may
    multiply what it adds. Default ``False``.
    """

    fan_in: int
    fan_out: int
    residual: bool = False


class Network(Spec, kind="network"):
    """An architecture; the number of features and outputs is known only when data are.

    A network of your own is a frozen dataclass whose fields are numbers, strings, tuples or other
    specs. It defines :meth:`layers`, which weight matrices there are, and :meth:`forward`, how
    they are used; weights, biases and noise are applied for it.

    Raises
    ------
    TypeError
        At the definition of a class with the name of a network of bayesdrop's.
    """

    @abstractmethod
    def layers(self, n_features: int, n_outputs: int) -> tuple[Layer, ...]:
        """The weight matrices, numbered from 0 in the order in which they are used.

        The first has a fan_in of ``n_features``, the last a fan_out of ``n_outputs``.
        """

    @abstractmethod
    def forward(self, x: Any, linear: Callable[[int, Any], Any]) -> Any:
        """The network's output (..., rows, outputs) for ``x`` (..., rows, features).

        ``linear(l, h)`` applies weight matrix ``l`` with its bias and its noise to ``h``
        (..., rows, fan_in): (..., rows, fan_out). All else is written against the Array API
        (``xp = array_namespace(x)``), so that NumPy, JAX and PyTorch run the same lines.
        """

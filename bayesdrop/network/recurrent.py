"""The recurrent network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from array_api_compat import array_namespace, is_jax_array

from bayesdrop.field_checks import checked_choice, checked_count
from bayesdrop.network.activations import sigmoid
from bayesdrop.network.base import Layer, Linear, Network

State = tuple[Any, ...]


@dataclass(frozen=True)
class Recurrent(Network):
    """A cell runs over a sequence, and a linear output reads its last state.

    Inputs are sequences (rows, time, features). There are three weight matrices: of the inputs, of
    the state and of the output. A noise is drawn once for a sequence and shared by all its steps
    (Gal & Ghahramani 2016, "A Theoretically Grounded Application of Dropout in Recurrent Neural
    Networks", §4.2). Equations and order of the gates are PyTorch's.

    Parameters
    ----------
    hidden
        Units of the state. Default 32.
    cell
        ``"elman"`` (default), ``"gru"`` (Cho et al. 2014) or ``"lstm"`` (Hochreiter & Schmidhuber
        1997). Elman's activation is tanh.

    Raises
    ------
    ValueError
        ``hidden`` is not a positive whole number, or there is no such cell.
    """

    hidden: int = 32
    cell: Literal["elman", "gru", "lstm"] = "elman"

    def __post_init__(self) -> None:
        checked_count(self, "hidden")
        checked_choice(self, "cell", CELLS)

    @property
    def residual(self) -> tuple[bool, ...]:
        return (False, False, False)

    @property
    def shares_weights(self) -> bool:
        return True

    def layers(self, input_shape: tuple[int, ...], n_outputs: int) -> tuple[Layer, ...]:
        if len(input_shape) != 2:
            raise ValueError(
                f"Recurrent takes sequences (time, features), and these rows have shape "
                f"{input_shape}: give X of shape (rows, time, features), such as X[..., None]"
            )
        gates = CELLS[self.cell].gates * self.hidden
        inputs, state = Layer(input_shape[1], gates), Layer(self.hidden, gates)
        return inputs, state, Layer(self.hidden, n_outputs)

    def forward(self, x: Any, linear: Linear) -> Any:
        cell = CELLS[self.cell]
        start = cell.start(linear(0, x[..., 0, :])[..., : self.hidden])
        state = _over_time(lambda s, xt: cell.step(linear(0, xt), linear(1, s[0]), s), start, x)
        return linear(2, state[0])


@dataclass(frozen=True)
class Cell:
    """How many gates a cell has; its first state, and its next one.

    ``step(inputs, recurrent, state)`` takes what the two matrices give, (..., rows, gates · units).
    """

    gates: int
    states: int
    step: Callable[[Any, Any, State], State]

    def start(self, like: Any) -> State:
        """Zeros of the shape of ``like``."""
        return (array_namespace(like).zeros_like(like),) * self.states


def _elman(inputs: Any, recurrent: Any, state: State) -> State:
    return (array_namespace(inputs).tanh(inputs + recurrent),)


def _gru(inputs: Any, recurrent: Any, state: State) -> State:
    (of_inputs, of_state), h = (_gates(each, 3) for each in (inputs, recurrent)), state[0]
    reset, update = (sigmoid(a + b) for a, b in zip(of_inputs[:2], of_state[:2], strict=True))
    new = array_namespace(h).tanh(of_inputs[2] + reset * of_state[2])
    return ((1 - update) * new + update * h,)


def _lstm(inputs: Any, recurrent: Any, state: State) -> State:
    admit, forget, new, show = _gates(inputs + recurrent, 4)
    tanh = array_namespace(inputs).tanh
    memory = sigmoid(forget) * state[1] + sigmoid(admit) * tanh(new)
    return sigmoid(show) * tanh(memory), memory


CELLS = {"elman": Cell(1, 1, _elman), "gru": Cell(3, 1, _gru), "lstm": Cell(4, 2, _lstm)}


def _gates(values: Any, count: int) -> list[Any]:
    size = values.shape[-1] // count
    return [values[..., k * size : (k + 1) * size] for k in range(count)]


def _over_time(step: Callable[[State, Any], State], start: State, x: Any) -> State:
    """The state after every step of ``x`` (..., time, features)."""
    if is_jax_array(x):
        import jax

        def advanced(state: State, xt: Any) -> tuple[State, None]:
            return step(state, xt), None

        moved = array_namespace(x).moveaxis(x, -2, 0)
        return jax.lax.scan(advanced, start, moved)[0]
    state = start
    for time in range(x.shape[-2]):
        state = step(state, x[..., time, :])
    return state

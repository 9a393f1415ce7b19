"""The one forward pass, against the Array API: NumPy, JAX and PyTorch run the same lines."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from bayesdrop.network import Layer, Network
from bayesdrop.sharing import along, axes_of, spread
from bayesdrop.sites import Site


def effective(table: tuple[Site, ...], values: Mapping[str, Any]) -> dict[tuple[str, int], Any]:
    """``(role, layer)`` → the weights and biases the network uses, scales multiplied in.

    ``values`` may carry leading axes (draws). Scales absent from it are not multiplied in.
    """
    result = {}
    for site in table:
        if site.role in ("weight", "bias"):
            value = values[site.name]
            for name, axes in site.multiplied_by:
                if name in values:
                    value = value * along(values[name], axes, len(site.shape))
            result[site.role, site.layer] = value
    return result


def network_output(
    network: Network,
    table: tuple[Site, ...],
    values: Mapping[str, Any],
    x: Any,
    row_noise: Mapping[str, Any] | None = None,
) -> Any:
    """The network's output (..., rows, outputs).

    Parameters
    ----------
    values
        Site name → array, with any leading axes (draws); NumPy, JAX or PyTorch.
    x
        Inputs, (rows, *input_shape).
    row_noise
        Expanded form: scale name → array (..., rows, *shape): a noise of its own for every row,
        which multiplies the units. Those scales must not be in ``values``.
    """
    used = effective(table, values)
    multiplied = _row_noise(table, row_noise or {})
    windows = {site.layer: site.shape[:-2] for site in table if site.role == "weight"}

    def linear(layer: int, h: Any, gather: Callable[[Any], Any] | None = None) -> Any:
        weight, bias = used["weight", layer], used["bias", layer][..., None, :]
        units, blocks, single = multiplied["weight", layer]
        biases, *_ = multiplied["bias", layer]
        n_positions = len(windows[layer])
        for own in biases:
            bias = bias * own
        for own in units:
            h = h * _spaced(own, n_positions)
        if gather is not None:
            h = gather(h)
        positions = h.shape[h.ndim - 1 - n_positions : -1]
        if single:
            each = weight[(..., None, *[slice(None)] * (n_positions + 2))]
            for own in single:
                each = each * own
            h = _flat(h, n_positions) @ _matrix(each, n_positions)
            h = h.reshape((*h.shape[:-2], *positions, h.shape[-1]))
        elif n_positions:
            rows = _flat(h, n_positions)
            product = rows.reshape((*rows.shape[:-3], -1, rows.shape[-1])) @ _matrix(
                weight, n_positions
            )
            shape = (*product.shape[:-2], rows.shape[-3], *positions, product.shape[-1])
            h = product.reshape(shape)
        else:
            h = h @ weight
        h = h + _spaced(bias, n_positions)
        for own in blocks:
            h = h * own[(..., *[None] * (n_positions + 1))]
        return h

    return network.forward(x, linear)


def _spaced(values: Any, n_positions: int) -> Any:
    """``values`` (..., rows, units) with an axis of 1 for each axis of positions."""
    return values[(..., *[None] * n_positions, slice(None))] if n_positions else values


def _flat(h: Any, n_positions: int) -> Any:
    """``h`` (..., rows, *positions, units) as (..., rows, all positions, units)."""
    return h.reshape((*h.shape[: h.ndim - 1 - n_positions], -1, h.shape[-1]))


def _matrix(weight: Any, n_window: int) -> Any:
    """``weight`` (..., *window, fan_in, fan_out) as a matrix (..., connections, fan_out)."""
    return weight.reshape((*weight.shape[: weight.ndim - 2 - n_window], -1, weight.shape[-1]))


def _row_noise(
    table: tuple[Site, ...], noise: Mapping[str, Any]
) -> dict[tuple[str, int | None], tuple[list[Any], list[Any], list[Any]]]:
    """``(role, layer)`` → noise of single rows, of units, of the whole, and of single weights.

    That of units is (..., rows, units), of the whole (..., rows), and of single weights it has the
    axes of the weight after (..., rows). A bias has units alone.
    """
    found = {}
    for site in table:
        if site.role in ("weight", "bias"):
            n_axes = len(site.shape)
            unit = 0 if site.role == "bias" else n_axes - 2
            drawn = [(noise[name], where) for name, where in site.multiplied_by if name in noise]
            found[site.role, site.layer] = (
                [spread(value, where) for value, where in drawn if axes_of(where) == (unit,)],
                [value for value, where in drawn if axes_of(where) == ()],
                [
                    along(value, where, n_axes)
                    for value, where in drawn
                    if axes_of(where) not in ((unit,), ())
                ],
            )
    return found


class Use(NamedTuple):
    """One use of a weight in the forward pass of one row.

    ``size`` is that of the largest array it makes, windows included; ``places`` is how many places
    of the row it is used at.
    """

    layer: int
    size: int
    places: int


def uses(
    network: Network, layers: Sequence[Layer], input_shape: tuple[int, ...]
) -> tuple[Use, ...]:
    """Every use of a weight, in the order of the forward pass."""
    found: list[Use] = []

    def linear(layer: int, h: Any, gather: Callable[[Any], Any] | None = None) -> Any:
        gathered = h if gather is None else gather(h)
        out = np.zeros((*gathered.shape[:-1], layers[layer].fan_out), np.float32)
        size = max(h.size, gathered.size, out.size)
        found.append(Use(layer, size, math.prod(gathered.shape[:-1])))
        return out

    network.forward(np.zeros((1, *input_shape), np.float32), linear)
    return tuple(found)

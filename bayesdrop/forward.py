"""The one forward pass, against the Array API: NumPy, JAX and PyTorch run the same lines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bayesdrop.network import Network
from bayesdrop.sharing import Where, along, axes_of, spread
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
        Inputs, (rows, features).
    row_noise
        Expanded form: scale name → array (..., rows, *shape): a noise of its own for every row,
        which multiplies the units. Those scales must not be in ``values``.
    """
    used = effective(table, values)
    multiplied = _row_noise(table, row_noise or {})

    def linear(layer: int, h: Any) -> Any:
        weight, bias = used["weight", layer], used["bias", layer][..., None, :]
        units, blocks, single = multiplied["weight", layer]
        biases, *_ = multiplied["bias", layer]
        for own in biases:
            bias = bias * own
        for own in units:
            h = h * own
        if single:
            each = weight[..., None, :, :]
            for own in single:
                each = each * own
            h = (h[..., None, :] @ each)[..., 0, :] + bias
        else:
            h = h @ weight + bias
        for own in blocks:
            h = h * own[..., None]
        return h

    return network.forward(x, linear)


def _row_noise(
    table: tuple[Site, ...], noise: Mapping[str, Any]
) -> dict[tuple[str, int | None], tuple[list[Any], list[Any], list[Any]]]:
    """``(role, layer)`` → noise of single rows that varies along the first axis, along none and
    along both axes of the weight or bias."""
    found = {}
    for site in table:
        if site.role in ("weight", "bias"):
            drawn = [(spread(noise[n], where), axes_of(where)) for n, where in _in(site, noise)]
            along_first, along_none, along_both = (
                [value for value, axes in drawn if axes == wanted] for wanted in ((0,), (), (0, 1))
            )
            found[site.role, site.layer] = along_first, along_none, along_both
    return found


def _in(site: Site, noise: Mapping[str, Any]) -> list[tuple[str, Where]]:
    return [(name, where) for name, where in site.multiplied_by if name in noise]

"""The one forward pass, against the Array API: NumPy, JAX and PyTorch run the same lines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bayesdrop.network import Network
from bayesdrop.sites import Site


def along(scale: Any, axes: tuple[int, ...], n_axes: int) -> Any:
    """``scale`` reshaped to broadcast against a weight with ``n_axes`` axes; leading axes stay."""
    batch = scale.shape[: scale.ndim - len(axes)]
    own = scale.shape[scale.ndim - len(axes) :]
    spread = [1] * n_axes
    for axis, size in zip(axes, own, strict=True):
        spread[axis] = size
    return scale.reshape((*batch, *spread))


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
    noise = row_noise or {}

    def linear(layer: int, h: Any) -> Any:
        weight, bias = used["weight", layer], used["bias", layer][..., None, :]
        unit, block, each = (noise.get(f"{s}_scale_{layer}") for s in ("unit", "layer", "weight"))
        if unit is not None:
            h = h * unit
        if each is not None:
            h = (h[..., None, :] @ (weight[..., None, :, :] * each))[..., 0, :] + bias
        else:
            h = h @ weight + bias
        return h if block is None else h * block[..., None]

    return network.forward(x, linear)

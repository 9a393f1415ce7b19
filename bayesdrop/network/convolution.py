"""What networks of convolutions are made of: windows, pooling and checks, on images of any array.

Images are (..., height, width, channels). Everything is written against the Array API.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from array_api_compat import array_namespace

from bayesdrop.arrays import constant
from bayesdrop.network.base import Network

Padding = Literal["valid", "same"]


def patches(h: Any, window: tuple[int, int], padding: Padding = "valid") -> Any:
    """Return the units of every window as one row, (..., height′, width′, connections).

    Parameters
    ----------
    h
        Images (..., height, width, channels).
    window
        The window's height and width.
    padding
        ``"valid"``: windows lie within the image. ``"same"``: they are centred at every pixel, and
        the image has zeros around it; the window's sides are odd.

    Returns
    -------
    array
        The last axis is (row of the window, column of the window, channel), flattened, which is
        the order of a weight of shape (*window, fan_in, fan_out).
    """
    xp = array_namespace(h)
    if padding == "same":
        h = _padded(h, window)
    height, width = h.shape[-3] - window[0] + 1, h.shape[-2] - window[1] + 1
    shifted = [
        h[..., i : i + height, j : j + width, :] for i in range(window[0]) for j in range(window[1])
    ]
    return xp.concat(shifted, axis=-1)


def max_pool(h: Any, size: int) -> Any:
    """The largest of every square of ``size`` pixels; rows and columns left over are dropped."""
    height, width = h.shape[-3] // size, h.shape[-2] // size
    h = h[..., : height * size, : width * size, :]
    squares = h.reshape((*h.shape[:-3], height, size, width, size, h.shape[-1]))
    xp = array_namespace(h)
    return xp.max(xp.max(squares, axis=-2), axis=-3)


def image_shape(network: Network, input_shape: tuple[int, ...]) -> tuple[int, int, int]:
    """The height, width and channels of a row.

    Raises
    ------
    ValueError
        A row is no image.
    """
    if len(input_shape) != 3:
        raise ValueError(
            f"{type(network).__name__} takes images (height, width, channels), and these rows have "
            f"shape {input_shape}: give X of shape (rows, height, width, channels), such as "
            "X.reshape(-1, 28, 28, 1)"
        )
    height, width, channels = input_shape
    return height, width, channels


def _padded(h: Any, window: tuple[int, int]) -> Any:
    xp = array_namespace(h)
    for axis, size in zip((-3, -2), window, strict=True):
        shape = list(h.shape)
        shape[axis] = size // 2
        zeros = constant(np.zeros(shape), h)
        h = xp.concat([zeros, h, zeros], axis=axis)
    return h

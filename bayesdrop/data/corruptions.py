"""Corruptions of images and features, to see what a model says of inputs unlike its training's."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bayesdrop.data.checks import numbers_in


def rotated(images: ArrayLike, degrees: float) -> NDArray[np.float64]:
    """Return images turned anticlockwise about their centre; what comes into view is black.

    Pixels are interpolated linearly (:func:`scipy.ndimage.rotate`, ``order=1``). Rotated digits
    are the shift of Gal & Ghahramani (2016, https://arxiv.org/abs/1506.02142, figure 4).

    Parameters
    ----------
    images
        (rows, height, width, channels).
    degrees
        The angle, for example from 0 to 180.

    Returns
    -------
    rotated
        (rows, height, width, channels), float64.

    Raises
    ------
    ValueError
        The images have another number of axes.
    """
    from scipy.ndimage import rotate

    pixels = numbers_in(images, "images")
    if pixels.ndim != 4:
        raise ValueError(
            f"images have shape {pixels.shape}: give (rows, height, width, channels), for example "
            "images[..., None]"
        )
    return rotate(pixels, degrees, axes=(2, 1), reshape=False, order=1)


def with_gaussian_noise(X: ArrayLike, scale: float, seed: int = 0) -> NDArray[np.float64]:
    """Return ``X`` plus independent Gaussian noise of standard deviation ``scale``.

    Parameters
    ----------
    X
        Features or images, (rows, …).
    scale
        Standard deviation of the noise, in the unit of ``X``.
    seed
        The same seed gives the same noise.

    Returns
    -------
    noisy
        An array of the shape of ``X``, float64.

    Raises
    ------
    ValueError
        ``scale`` is negative.
    """
    if scale < 0:
        raise ValueError(f"scale={scale:g}: give a standard deviation, which is at least 0")
    clean = numbers_in(X, "X")
    return clean + scale * np.random.default_rng(seed).normal(size=clean.shape)

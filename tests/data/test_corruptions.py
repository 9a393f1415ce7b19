"""Rotated images and noisy features."""

from __future__ import annotations

import numpy as np
import pytest

from bayesdrop.data import rotated, with_gaussian_noise

IMAGES = np.random.default_rng(0).uniform(size=(3, 8, 8, 2))


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_quarter_turns_are_exact_and_anticlockwise(quarters: int) -> None:
    turned = np.rot90(IMAGES, quarters, axes=(1, 2))
    np.testing.assert_allclose(rotated(IMAGES, 90 * quarters), turned, atol=1e-12)


def test_other_angles_keep_the_shape_and_the_middle() -> None:
    disc = np.zeros((1, 21, 21, 1))
    rows, columns = np.mgrid[:21, :21] - 10
    disc[0, ..., 0] = np.hypot(rows, columns) < 6
    turned = rotated(disc, 30)
    assert turned.shape == disc.shape
    assert abs(turned.sum() / disc.sum() - 1) < 0.02
    assert abs(turned - disc).mean() < 0.05  # the edge alone moves


def test_a_matrix_is_no_image() -> None:
    with pytest.raises(ValueError, match=r"shape \(3, 8, 8\).*images\[..., None\]"):
        rotated(IMAGES[..., 0], 10)


def test_noise_has_its_scale_and_its_seed() -> None:
    zeros = np.zeros((1000, 20))
    noise = with_gaussian_noise(zeros, 0.3, seed=1)
    assert abs(noise.std() - 0.3) < 0.01
    np.testing.assert_array_equal(noise, with_gaussian_noise(zeros, 0.3, seed=1))
    assert np.any(noise != with_gaussian_noise(zeros, 0.3))
    np.testing.assert_array_equal(with_gaussian_noise(IMAGES, 0.0), IMAGES)
    with pytest.raises(ValueError, match="scale=-1: give a standard deviation"):
        with_gaussian_noise(zeros, -1)

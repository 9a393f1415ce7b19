"""Both native programs of a case against the oracle."""

from __future__ import annotations

import jax
import numpy as np
import oracle
import pyro
import torch
from cases import Case, numpyro_log_joint, pyro_log_joint, tensors


def assert_agrees(case: Case, n_points: int, rtol: float) -> None:
    """The log joint in NumPyro and in Pyro is within ``rtol`` of the oracle's at every point."""
    X, y = case.data()
    points = case.points(n_points)
    expected = oracle.log_joint(case.model, points, X, y, case.form)
    assert expected.shape == (n_points,)
    assert np.isfinite(expected).all()
    with jax.enable_x64(True):
        in_numpyro = np.asarray(numpyro_log_joint(case, points))
    with pyro.validation_enabled(False):  # its checks branch on values, which vmap forbids
        in_pyro = torch.vmap(lambda values: pyro_log_joint(case, values))(tensors(points)).numpy()
    np.testing.assert_allclose(in_numpyro, expected, rtol=rtol)
    np.testing.assert_allclose(in_pyro, expected, rtol=rtol)

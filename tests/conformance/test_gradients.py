"""Gradients of the log joint: NumPyro's, Pyro's, and the oracle's by central differences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax
import numpy as np
import oracle
import pytest
import torch
from cases import (
    Case,
    Groups,
    Values,
    at,
    cases,
    likelihood_alone,
    likelihood_cases,
    numpyro_density,
    pyro_log_joint,
    quick_pairs,
    tensors,
)

N_POINTS = 2
STRUCTURES = ("none", "ard", "drop_connect", "add", "all_three")
BLOCKS = [
    case
    for case in cases()
    if "resnet3_tanh" in case.name and case.name.split("-")[0] in STRUCTURES
]
CUSTOM = [case for case in cases() if "ard-custom" in case.name and "mlp2_relu" in case.name]
OTHERS = [case for case in likelihood_cases() if "-ard_add-" in case.name or "-mlp" in case.name]


def differentiable(case: Case) -> list[str]:
    return [site.name for site in case.sites() if site.support != "boolean"]


def numpyro_gradient(case: Case, points: Values) -> Mapping[str, Any]:
    """Gradients at every stacked point; the points do not interact, so the sum's will do."""
    density = numpyro_density(case)

    def total(free: Values) -> Any:
        return density({**points, **free}).sum()

    return jax.jit(jax.grad(total))({name: points[name] for name in differentiable(case)})


def pyro_gradient(case: Case, point: Values) -> dict[str, np.ndarray]:
    values = tensors(point)
    free = [values[name].requires_grad_() for name in differentiable(case)]
    gradient = torch.autograd.grad(pyro_log_joint(case, values), free)
    return dict(zip(differentiable(case), (g.numpy() for g in gradient), strict=True))


def oracle_gradient(
    case: Case, point: Values, step: float = 1e-5
) -> tuple[dict[str, np.ndarray], float]:
    """Fourth-order central differences, all in one call of the oracle, and their rounding error.

    The terms are as large as the log joint, whose last digit the division by ``step`` magnifies.
    """
    X, y = case.data()
    names = differentiable(case)
    flat = np.concatenate([point[name].ravel() for name in names])
    offsets = step * np.array([-2, -1, 1, 2])[:, None, None] * np.eye(flat.size)
    shifted = (flat + offsets).reshape(-1, flat.size)
    columns = np.split(shifted, np.cumsum([point[name].size for name in names])[:-1], axis=1)
    free = {n: c.reshape(-1, *point[n].shape) for n, c in zip(names, columns, strict=True)}
    fixed = {n: np.broadcast_to(v, (len(shifted), *v.shape)) for n, v in point.items()}
    values = oracle.log_joint(case.model, fixed | free, X, y, case.form).reshape(4, -1)
    slopes = np.array([1, -8, 8, -1]) @ values / (12 * step)
    parts = np.split(slopes, np.cumsum([point[name].size for name in names])[:-1])
    rounding = np.abs(values).max() * np.finfo(values.dtype).eps / step
    return {n: p.reshape(point[n].shape) for n, p in zip(names, parts, strict=True)}, rounding


def structure_form_and_noise(case: Case) -> Groups:
    """The libraries differentiate: quick are every structure, either form, noises of one's own."""
    (structure, _, form), *_, noise = case.factors
    own = noise if "custom" in case.name else ()
    return ((structure, "structure"), (form, "form"), own)


@pytest.mark.usefixtures("x64")
@pytest.mark.parametrize(
    "case",
    quick_pairs(BLOCKS + CUSTOM, structure_form_and_noise) + quick_pairs(OTHERS, likelihood_alone),
)
def test_gradients_agree(case: Case) -> None:
    points = case.points(N_POINTS, seed=2)
    in_numpyro = numpyro_gradient(case, points)
    for i in range(N_POINTS):
        point = at(points, i)
        in_pyro = pyro_gradient(case, point)
        numerical, rounding = oracle_gradient(case, point)
        for name in differentiable(case):
            actual = np.asarray(in_numpyro[name][i])
            np.testing.assert_allclose(actual, in_pyro[name], rtol=1e-5, err_msg=name)
            np.testing.assert_allclose(
                actual,
                numerical[name],
                rtol=1e-5,
                atol=1e-4 + 4 * rounding,
                err_msg=f"{name}: numerical",
            )

"""The PyTorch module, the array forward pass and the NumPyro program compute one function."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
import numpyro
import oracle
import pytest
import torch
from cases import (
    DENSITIES,
    N_FEATURES,
    N_ROWS,
    NOISES,
    OTHER_LIKELIHOODS,
    Case,
    at,
    cases,
    likelihood_cases,
    one_with_each,
    quick_pairs,
    tensors,
)
from numpy.typing import NDArray

import bayesdrop as bd

EXPANDED = [case for case in cases() if case.form == "expanded"]
every_case = pytest.mark.parametrize("case", quick_pairs(EXPANDED))
MEAN_EXISTS = {name: noise for name, noise in NOISES.items() if name != "half_cauchy"}


def arrays(values: dict[str, torch.Tensor]) -> dict[str, NDArray[np.float64]]:
    return {name: value.detach().numpy().astype(np.float64) for name, value in values.items()}


def module_of(case: Case, mask_sharing: Any = "row") -> tuple[Any, torch.Tensor]:
    """A module with random biases and noise scale (they start at 0 and 1), and inputs for it."""
    module = bd.torch_module(case.model, N_FEATURES, case.n_outputs, mask_sharing)
    for name, value in module.values().items():
        if name != "noise_scale":
            value.data += 0.5 * torch.randn_like(value)
    return module, torch.as_tensor(case.data()[0], dtype=torch.float32)


def numpyro_location(case: Case, values: dict[str, Any], X: Any) -> Any:
    """The mean of ``y`` in the NumPyro program at the given site values."""
    program = bd.numpyro_model(case.model, "expanded", case.n_outputs)
    fixed = numpyro.handlers.substitute(numpyro.handlers.seed(program, 0), data=values)
    trace = numpyro.handlers.trace(fixed).get_trace(jax.numpy.asarray(X))
    return trace["y"]["fn"].base_dist.loc


@every_case
def test_shared_noise_is_one_function_everywhere(case: Case) -> None:
    module, X = module_of(case, mask_sharing="shared")
    noise = module.draw_noise(N_ROWS)
    out = module(X, noise).detach().numpy()
    values = arrays(module.values()) | {n: v[0] for n, v in arrays(noise).items()}
    expected = oracle.output(case.model, values, X.numpy().astype(float), case.n_outputs)
    assert out.shape == (N_ROWS, case.n_outputs)
    np.testing.assert_allclose(out, expected, rtol=1e-5, atol=1e-5)
    for convert in (np.asarray, jax.numpy.asarray, torch.as_tensor):
        own = {name: convert(value.astype(np.float32)) for name, value in values.items()}
        location = case.bound.forward(own, convert(X.numpy()))["loc"]
        np.testing.assert_allclose(location, expected, rtol=1e-5, atol=1e-5)


@every_case
def test_the_numpyro_program_has_the_same_location(case: Case) -> None:
    module, X = module_of(case, mask_sharing="shared")
    noise = module.draw_noise(N_ROWS)
    values = {n: v.detach().numpy() for n, v in module.values().items()}
    values |= {n: v[0].numpy() for n, v in noise.items()}
    location = numpyro_location(case, values, X.numpy())
    np.testing.assert_allclose(location, module(X, noise).detach(), rtol=1e-5, atol=1e-5)


@every_case
def test_row_noise_is_shared_noise_row_by_row(case: Case) -> None:
    module, X = module_of(case, mask_sharing="row")
    noise = module.draw_noise(N_ROWS)
    assert {n: v.shape for n, v in noise.items()} == {
        s.name: (N_ROWS, *s.shape) for s in case.sites() if s.role == "scale"
    }
    out = module(X, noise).detach().numpy()
    points = arrays(module.values())
    for row in range(N_ROWS):
        shared = {name: value[row : row + 1] for name, value in noise.items()}
        alone = module(X, shared).detach().numpy()
        np.testing.assert_allclose(out[row], alone[row], rtol=1e-5, atol=1e-5)
        values = points | {name: value[row] for name, value in arrays(noise).items()}
        expected = oracle.output(case.model, values, X.numpy().astype(float), case.n_outputs)
        np.testing.assert_allclose(out[row], expected[row], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("masks", ["row", "shared"])
@pytest.mark.parametrize("name", MEAN_EXISTS)
def test_eval_uses_the_mean_of_every_noise(name: str, masks: str) -> None:
    noise = NOISES[name]
    prior = bd.ScaleMixture(unit=noise, layer=noise, weight=noise)
    case = Case("", bd.Model(bd.ResNet(4, 3), prior), "expanded", 2)
    module, X = module_of(case, masks)
    mean = oracle.distribution(noise).mean()
    values = arrays(module.values()) | {
        s.name: np.full(s.shape, mean) for s in case.sites() if s.role == "scale"
    }
    expected = oracle.output(case.model, values, X.numpy().astype(float), 2)
    out = module.eval()(X)
    np.testing.assert_allclose(out.detach(), expected, rtol=1e-5, atol=1e-5)
    assert torch.equal(out, module(X))
    module.train()
    assert not torch.equal(module(X), module(X)), "train() draws the noise afresh"


@pytest.mark.parametrize("name", MEAN_EXISTS)
@pytest.mark.parametrize("structure", [bd.ARD, bd.DropConnect])
def test_training_passes_of_a_linear_model_average_to_eval(structure: Any, name: str) -> None:
    """The output is linear in the noise, so its mean is the output at the mean noise."""
    case = Case("", bd.Model(bd.MLP(()), structure(NOISES[name])), "expanded", 1)
    module, X = module_of(case)
    repeats = 4000
    with torch.no_grad():
        passes = module(X.repeat(repeats, 1)).reshape(repeats, N_ROWS).double()
        expected = module.eval()(X)[:, 0].double()
    standard_error = passes.std(0) / repeats**0.5
    assert ((passes.mean(0) - expected).abs() < 4.5 * standard_error).all()


@pytest.mark.parametrize("masks", ["row", "shared"])
def test_masks_decide_whether_equal_rows_stay_equal(masks: str) -> None:
    case = Case("", bd.Model(bd.MLP((5,)), bd.ARD(bd.noise.Gaussian(0.5, 1.0))), "expanded", 1)
    module, X = module_of(case, masks)
    out = module(X[:1].repeat(N_ROWS, 1))
    assert (out.unique().numel() == 1) == (masks == "shared")


@pytest.mark.parametrize(
    ("noise", "activation"),
    one_with_each(DENSITIES, ["relu", "leaky_relu", "elu", "silu", "tanh"]),
)
def test_layer_scales_of_zero_leave_the_identity(noise: bd.noise.Noise, activation: str) -> None:
    deep = Case("", bd.Model(bd.ResNet(4, 3, activation), bd.ADD(noise)), "expanded", 2)
    shallow = Case("", bd.Model(bd.ResNet(4, 1, activation)), "expanded", 2)
    module, X = module_of(deep)
    values = arrays(module.values())
    renamed = {"weight_0": "weight_0", "bias_0": "bias_0", "weight_1": "weight_3"}
    expected = oracle.output(
        shallow.model,
        {name: values[source] for name, source in (renamed | {"bias_1": "bias_3"}).items()},
        X.numpy().astype(float),
        2,
    )
    zeros = {"layer_scale_1": torch.zeros(1), "layer_scale_2": torch.zeros(1)}
    off = values | {name: np.zeros(()) for name in zeros}
    for out in (
        module(X, zeros).detach(),
        module(X, {name: torch.zeros(N_ROWS) for name in zeros}).detach(),
        deep.bound.forward(off, X.numpy())["loc"],
    ):
        np.testing.assert_allclose(out, expected, rtol=1e-5, atol=1e-5)
    location = numpyro_location(deep, off, X.numpy())
    np.testing.assert_allclose(location, expected, rtol=1e-5, atol=1e-5)


def test_draws_run_along_leading_axes() -> None:
    """``forward`` takes (chain, draw, *shape) values and returns (chain, draw, rows, outputs)."""
    noise = bd.noise.InverseNakagami(3.0, 2.0)
    prior = bd.ScaleMixture(unit=noise, layer=noise, weight=noise)
    case = Case("", bd.Model(bd.ResNet(4, 3), prior), "expanded", 2)
    X, _ = case.data()
    stacked = case.points(6)
    draws = {n: v.reshape(2, 3, *v.shape[1:]) for n, v in stacked.items()}
    parameters = case.bound.forward(draws, X)
    assert parameters["loc"].shape == parameters["scale"].shape == (2, 3, N_ROWS, 2)
    for i in range(6):
        point = {name: value[i] for name, value in stacked.items()}
        expected = oracle.output(case.model, point, X, 2)
        np.testing.assert_allclose(parameters["loc"][i // 3, i % 3], expected, rtol=1e-10)
        scale = np.broadcast_to(point["noise_scale"], (N_ROWS, 2))
        np.testing.assert_allclose(parameters["scale"][i // 3, i % 3], scale)


OTHERS = [case for case in likelihood_cases() if case.form == "expanded"]


@pytest.mark.parametrize("case", quick_pairs(OTHERS))
def test_every_likelihood_of_the_torch_module(case: Case) -> None:
    """One log-likelihood in NumPy, JAX, PyTorch and the module, that of the oracle."""
    X, y = case.data()
    points = case.points(3)
    _, expected = oracle.log_joint_parts(case.model, points, X, y)
    family = case.model.likelihood.family
    with jax.enable_x64(True):
        for convert in (np.asarray, jax.numpy.asarray, torch.as_tensor):
            values = {name: convert(stack) for name, stack in points.items()}
            parameters = case.bound.forward(values, convert(X))
            assert {value.shape[:3] for value in parameters.values()} == {(3, N_ROWS, len(y[0]))}
            log_prob = family.log_prob(parameters, convert(y))
            assert log_prob.shape == (3, *y.shape)
            np.testing.assert_allclose(np.asarray(log_prob).sum((1, 2)), expected, rtol=1e-9)

    module = bd.torch_module(case.model, N_FEATURES, case.n_outputs, "shared").double()
    point = tensors(at(points, 0))
    for name in module.values():
        if any(site.name == name and site.support == "positive" for site in case.sites()):
            setattr(module, name, point[name])
        else:
            module.get_parameter(name).data = point[name]
    noise = {site.name: point[site.name][None] for site in module.noise_sites}
    module.draw_noise = lambda rows: noise
    per_row = module.log_likelihood(torch.as_tensor(X), torch.as_tensor(y))
    assert per_row.shape == (N_ROWS,)
    np.testing.assert_allclose(per_row.sum().item(), expected[0], rtol=1e-9)


@pytest.mark.parametrize("likelihood", OTHER_LIKELIHOODS.values(), ids=OTHER_LIKELIHOODS)
def test_where_training_of_the_likelihoods_own_variables_starts(likelihood: Any) -> None:
    values = bd.torch_module(bd.Model(bd.MLP((3,)), likelihood=likelihood), 2).values()
    starts = {"noise_scale": 1.0, "df": 4.0, "dispersion": 1.0}
    for name in likelihood.priors:
        np.testing.assert_allclose(values[name].detach(), starts[name], rtol=1e-6)


def test_unknown_masks_are_refused() -> None:
    with pytest.raises(ValueError, match="did you mean 'shared'"):
        bd.torch_module(bd.Model(bd.MLP()), 3, mask_sharing="share")  # type: ignore[arg-type]


def test_eval_needs_means_that_exist() -> None:
    module = bd.torch_module(bd.Model(bd.MLP((3,)), bd.ARD(bd.noise.HalfCauchy())), 2).eval()
    with pytest.raises(ValueError, match="no mean"):
        module(torch.zeros(1, 2))

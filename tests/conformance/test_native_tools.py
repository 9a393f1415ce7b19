"""The programs are native: NumPyro's, Pyro's and PyTorch's own tools take them as they are."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
import numpyro
import oracle
import pyro
import pytest
import torch
from cases import (
    DENSITIES,
    N_FEATURES,
    NOISES,
    Case,
    at,
    cases,
    numpyro_log_joint,
    pyro_log_joint,
    quick_pairs,
    tensors,
)
from numpyro.infer import HMC, MCMC, NUTS, DiscreteHMCGibbs, Predictive
from scipy import stats

import bayesdrop as bd
from bayesdrop.programs import numpyro_noise, pyro_noise

ARD = bd.Model(bd.MLP((5,), "tanh"), bd.ARD(bd.noise.InverseNakagami(3.0, 3.0)))
SOME = [case for case in cases() if "resnet3_tanh" in case.name or "mlp2_relu" in case.name][::7]
some_cases = pytest.mark.parametrize("case", quick_pairs(SOME))


@pytest.fixture(scope="module")
def data() -> tuple[np.ndarray, np.ndarray]:
    """Sixty rows of a smooth function with noise 0.1, standardised enough."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 2)).astype(np.float32)
    y = np.sin(1.5 * X[:, 0]) + 0.5 * X[:, 1] + 0.1 * rng.normal(size=60)
    return X, ((y - y.mean()) / y.std()).astype(np.float32)


def rmse(model: bd.Model, draws: dict[str, Any], X: np.ndarray, y: np.ndarray) -> float:
    """Of the mean of f(x) over draws; the target's standard deviation is 1."""
    mean = oracle.output(model, draws, X, 1).mean(0)[:, 0]
    return float(np.sqrt(np.mean((mean - y) ** 2)))


@pytest.mark.slow
@pytest.mark.usefixtures("programs_of_its_own")
def test_numpyro_nuts(data: tuple[np.ndarray, np.ndarray]) -> None:
    X, y = data
    mcmc = MCMC(
        NUTS(bd.numpyro_model(ARD), max_tree_depth=5),
        num_warmup=100,
        num_samples=100,
        progress_bar=False,
    )
    mcmc.run(jax.random.key(0), X, y)
    draws = {name: np.asarray(value) for name, value in mcmc.get_samples().items()}
    expected = {site.name: (100, *site.shape) for site in bd.sites(ARD, 2)}
    assert {name: value.shape for name, value in draws.items()} == expected
    assert all(np.isfinite(value).all() for value in draws.values())
    assert (draws["unit_scale_0"] > 0).all()
    assert rmse(ARD, draws, X, y) < 0.35

    predicted = Predictive(bd.numpyro_model(ARD), draws)(jax.random.key(1), X[:9])
    assert predicted["y"].shape == (100, 9, 1)


@pytest.mark.slow
def test_numpyro_predictive_without_y_samples_the_prior(
    data: tuple[np.ndarray, np.ndarray],
) -> None:
    X, _ = data
    predictive = Predictive(bd.numpyro_model(ARD, n_outputs=2), num_samples=11)
    drawn = predictive(jax.random.key(0), X)
    assert drawn.pop("y").shape == (11, len(X), 2)
    expected = {site.name: (11, *site.shape) for site in bd.sites(ARD, 2, 2)}
    assert {name: value.shape for name, value in drawn.items()} == expected


@pytest.mark.slow
@pytest.mark.usefixtures("programs_of_its_own")
@pytest.mark.parametrize(
    "model",
    [
        pytest.param(
            bd.Model(bd.MLP((4,)), bd.ARD(NOISES["bernoulli"])), id="ard", marks=pytest.mark.slow
        ),
        pytest.param(
            bd.Model(bd.ResNet(4, 3), bd.ARDADD(NOISES["bernoulli"], NOISES["bernoulli"])),
            id="ard_add",
        ),
    ],
)
def test_numpyro_discrete_gibbs(model: bd.Model, data: tuple[np.ndarray, np.ndarray]) -> None:
    X, y = data
    kernel = DiscreteHMCGibbs(HMC(bd.numpyro_model(model), trajectory_length=None, num_steps=4))
    mcmc = MCMC(kernel, num_warmup=10, num_samples=20, progress_bar=False)
    mcmc.run(jax.random.key(0), X, y)
    draws = {name: np.asarray(value) for name, value in mcmc.get_samples().items()}
    for site in bd.sites(model, 2):
        assert draws[site.name].shape == (20, *site.shape)
        if site.role == "scale":
            assert set(np.unique(draws[site.name])) <= {0, 1}
    masks = np.concatenate([v.reshape(20, -1) for n, v in draws.items() if "_scale_" in n], axis=1)
    assert (masks.std(axis=0) > 0).any(), "the sampler moves the masks"


@pytest.mark.slow
def test_pyro_svi(data: tuple[np.ndarray, np.ndarray]) -> None:
    X, y = map(torch.as_tensor, data)
    program = bd.pyro_model(ARD)
    guide = pyro.infer.autoguide.AutoNormal(program, init_scale=0.05)
    svi = pyro.infer.SVI(program, guide, pyro.optim.Adam({"lr": 0.02}), pyro.infer.Trace_ELBO())
    losses = np.array([svi.step(X, y) for _ in range(400)])
    assert np.isfinite(losses).all()
    assert losses[-50:].mean() < 0.8 * losses[:50].mean()


@pytest.mark.parametrize("form", ["expanded", "hierarchical"])
def test_pyro_hmc_potential_and_predictive(form: Any, data: tuple[np.ndarray, np.ndarray]) -> None:
    """Every site's support has a transform that Pyro's samplers find."""
    X, y = map(torch.as_tensor, data)
    noise = DENSITIES["custom_beta"]
    model = bd.Model(bd.ResNet(3, 2), bd.ARDADD(noise, DENSITIES["custom_log_normal"]))
    kernel = pyro.infer.HMC(bd.pyro_model(model, form), step_size=1e-3, num_steps=2)
    mcmc = pyro.infer.MCMC(kernel, num_samples=3, warmup_steps=0, disable_progbar=True)
    mcmc.run(X, y)
    draws = mcmc.get_samples()
    assert set(draws) == {site.name for site in bd.sites(model, 2, form=form)}
    assert ((draws["unit_scale_0"] > 0) & (draws["unit_scale_0"] < 1)).all()
    predicted = pyro.infer.Predictive(bd.pyro_model(model, form), draws)(X[:4])
    assert predicted["y"].shape == (3, 4, 1)


def test_plain_torch_training(data: tuple[np.ndarray, np.ndarray]) -> None:
    X, y = map(torch.as_tensor, data)
    noise = bd.noise.Bernoulli(0.9)
    prior = bd.ScaleMixture(unit=bd.PerLayer(hidden=noise, last=noise))
    module = bd.torch_module(bd.Model(bd.MLP((20, 20), "tanh"), prior), 2)
    optimiser = torch.optim.Adam(module.parameters(), lr=0.01)
    losses = []
    for _ in range(300):
        optimiser.zero_grad()
        loss = torch.nn.functional.mse_loss(module(X)[:, 0], y)
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert np.mean(losses[-20:]) < 0.4 * np.mean(losses[:20])
    with torch.no_grad():
        fit = torch.nn.functional.mse_loss(module.eval()(X)[:, 0], y).item()
    assert fit < 0.15


def test_the_torch_module_saves_and_loads(data: tuple[np.ndarray, np.ndarray]) -> None:
    X = torch.as_tensor(data[0])
    first, second = bd.torch_module(ARD, 2).eval(), bd.torch_module(ARD, 2).eval()
    assert not torch.equal(first(X), second(X))
    second.load_state_dict(first.state_dict())
    assert torch.equal(first(X), second(X))


def test_the_torch_modules_densities_are_the_models() -> None:
    """``log_prior`` + ``log_likelihood`` at fixed noise are the expanded joint less the noise's."""
    noise = bd.noise.Bernoulli(1.0)  # always 1: a pass is deterministic
    model = bd.Model(bd.ResNet(4, 2), bd.ARDADD(noise, noise))
    case = Case("", model, "expanded", 2)
    X, y = case.data()
    module = bd.torch_module(model, N_FEATURES, 2, mask_sharing="shared").double()
    module.noise_scale = torch.tensor([0.4, 1.7], dtype=torch.float64)  # starts at 1, log 0
    for name, value in module.values().items():
        if name.startswith("bias"):
            value.data += torch.randn_like(value)  # starts at 0
    values = {name: value.detach().numpy() for name, value in module.values().items()}
    values |= {s.name: np.ones(s.shape) for s in case.sites() if s.role == "scale"}
    log_prior, log_likelihood = oracle.log_joint_parts(model, values, X, y)
    np.testing.assert_allclose(module.log_prior().item(), log_prior, rtol=1e-9)
    per_row = module.log_likelihood(torch.as_tensor(X), torch.as_tensor(y))
    assert per_row.shape == (len(X),)
    np.testing.assert_allclose(per_row.sum().item(), log_likelihood, rtol=1e-9)


def numpyro_values(case: Case) -> dict[str, Any]:
    """Site name → a value the NumPyro program drew."""
    program = numpyro.handlers.seed(bd.numpyro_model(case.model, case.form, case.n_outputs), 0)
    trace = numpyro.handlers.trace(program).get_trace(jax.numpy.asarray(case.data()[0]))
    return {name: site["value"] for name, site in trace.items() if site["type"] == "sample"}


@some_cases
def test_names_and_shapes_are_the_same_everywhere(case: Case) -> None:
    X, _ = case.data()
    table = {site.name: site.shape for site in case.sites()}
    assert len(table) == len(case.sites())

    in_numpyro = jax.eval_shape(lambda: numpyro_values(case))
    in_numpyro = {name: value.shape for name, value in in_numpyro.items()}
    assert in_numpyro.pop("y") == (len(X), case.n_outputs)
    assert in_numpyro == table

    pyro_program = bd.pyro_model(case.model, case.form, case.n_outputs)
    nodes = pyro.poutine.trace(pyro_program).get_trace(torch.as_tensor(X))
    nodes = pyro.poutine.util.prune_subsample_sites(nodes)
    in_pyro = {name: tuple(nodes.nodes[name]["value"].shape) for name in nodes.stochastic_nodes}
    assert in_pyro.pop("y") == (len(X), case.n_outputs)
    assert in_pyro == table

    if case.form == "expanded":
        module = bd.torch_module(case.model, N_FEATURES, case.n_outputs)
        in_torch = {name: tuple(value.shape) for name, value in module.values().items()}
        in_torch |= {name: tuple(v.shape[1:]) for name, v in module.draw_noise(4).items()}
        assert in_torch == table
        scalars = sum(parameter.numel() for parameter in module.parameters())
        assert scalars == sum(np.prod(s.shape) for s in case.sites() if s.role != "scale")


@pytest.mark.parametrize("noise", DENSITIES.values(), ids=DENSITIES)
def test_each_librarys_support_is_the_noises(noise: bd.noise.Noise) -> None:
    low, high = noise.bounds
    middle = (0.9 * low + 0.1 * high, 0.1 * low + 0.9 * high)
    inside = {"real": (-2.0, 3.0), "positive": (0.5, 3.0)}.get(noise.support, middle)
    outside = {"real": np.nan, "positive": -1.0}.get(noise.support, high + 0.5)
    in_numpyro = numpyro_noise.distribution(noise).support
    in_pyro = pyro_noise.distribution(noise, torch.zeros(1, 1)).support
    for value in inside:
        assert in_numpyro(value)
        assert in_pyro.check(torch.tensor(value)).all()
    assert not in_numpyro(outside)
    assert not in_pyro.check(torch.tensor(outside)).any()


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, id=case.name, marks=pytest.mark.slow if index % 2 else ())
        for index, case in enumerate(SOME[::4])
    ],
)
@pytest.mark.usefixtures("x64")
def test_a_minibatch_scales_the_likelihood_alone(case: Case) -> None:
    X, y = case.data()
    points = case.points(2)
    log_prior, log_likelihood = oracle.log_joint_parts(case.model, points, X, y, case.form)
    expected = log_prior + 2 * log_likelihood
    np.testing.assert_allclose(numpyro_log_joint(case, points, 2 * len(X)), expected, rtol=1e-9)
    for i in range(2):
        in_pyro = pyro_log_joint(case, tensors(at(points, i)), 2 * len(X)).item()
        np.testing.assert_allclose(in_pyro, expected[i], rtol=1e-9)


@pytest.mark.parametrize("noise", NOISES.values(), ids=NOISES)
def test_every_library_samples_the_noise_it_scores(noise: bd.noise.Noise) -> None:
    """4,000 draws of each library's distribution against SciPy's CDF."""
    in_numpyro = numpyro_noise.distribution(noise).sample(jax.random.key(3), (4000,))
    in_pyro = pyro_noise.distribution(noise, torch.zeros(1, 1)).sample((4000,))
    reference = oracle.distribution(noise)
    for draws in (np.asarray(in_numpyro, dtype=float), in_pyro.numpy().astype(float)):
        assert draws.shape == (4000,)
        if noise.support == "boolean":
            assert stats.binomtest(int(draws.sum()), 4000, reference.mean()).pvalue > 1e-3
        else:
            assert stats.kstest(draws, reference.cdf).pvalue > 1e-3

"""Partly centred weights: the same posterior, the same sites, no divergences on the horseshoe."""

from __future__ import annotations

from functools import cache
from typing import Any

import jax
import linear
import numpy as np
import numpyro
import pytest
from numpyro.infer.util import log_density
from scipy import stats
from test_hmc import mean_and_error

import bayesdrop as bd
from bayesdrop.infer.mcmc.centring import coordinates, own_values, partly_centred
from bayesdrop.model import Form
from bayesdrop.programs.numpyro import build

ONE_ROW = np.ones((1, 2), np.float32)
HALF_CAUCHY = bd.noise.HalfCauchy(0.7)
STRUCTURES: dict[str, tuple[bd.Network, bd.ScaleMixture]] = {
    "unit": (bd.MLP(()), bd.ScaleMixture(unit=HALF_CAUCHY, base_scale=0.6)),
    "weight": (bd.MLP((2,)), bd.ScaleMixture(weight=HALF_CAUCHY, base_scale=0.6)),
    "unit_and_layer": (
        bd.ResNet(2, 2),
        bd.ScaleMixture(unit=HALF_CAUCHY, layer=HALF_CAUCHY, base_scale=0.6),
    ),
}


def program_of(model: bd.Model, form: Form, centred: bool) -> Any:
    """The NumPyro program of ``model`` for two features and one output."""
    bound = model.bind(2, 1, form)
    program = build(bound)
    return partly_centred(program, coordinates(bound, 0.3)) if centred else program


@cache
def prior_draws(model: bd.Model, form: Form, centred: bool) -> dict[str, Any]:
    """4000 draws of every site of ``model`` without data, (4000, *shape)."""
    predictive = numpyro.infer.Predictive(program_of(model, form, centred), num_samples=4000)
    drawn = predictive(jax.random.key(4), ONE_ROW)
    return {name: np.asarray(value) for name, value in drawn.items()}


@pytest.mark.parametrize(
    ("structure", "form"),
    [
        ("unit", "expanded"),
        pytest.param("unit", "hierarchical", marks=pytest.mark.slow),
        pytest.param("weight", "expanded", marks=pytest.mark.slow),
        pytest.param("weight", "hierarchical", marks=pytest.mark.slow),
        pytest.param("unit_and_layer", "expanded", marks=pytest.mark.slow),
        pytest.param("unit_and_layer", "hierarchical", marks=pytest.mark.slow),
        pytest.param("unit_and_layer", "marginal", marks=pytest.mark.slow),
        pytest.param("unit_and_layer", "marginal_large", marks=pytest.mark.slow),
    ],
)
def test_the_prior_is_unchanged(structure: str, form: Form) -> None:
    network, prior = STRUCTURES[structure]
    model = bd.Model(network, prior, bd.Gaussian(scale=HALF_CAUCHY))
    centred, plain = (prior_draws(model, form, c) for c in (True, False))
    reference = stats.halfcauchy(scale=0.7)
    auxiliary = [name for name in centred if name.endswith("_partly_centred")]
    assert auxiliary, "nothing was centred"
    assert set(plain) == set(centred) - set(auxiliary)
    for site in bd.sites(model, 2, form=form):
        draws = centred[site.name].reshape(4000, -1)
        assert draws.shape[1] == np.prod(site.shape)
        assert np.isfinite(draws).all()
        for column, other in zip(draws.T, plain[site.name].reshape(4000, -1).T, strict=True):
            if site.support == "positive":
                assert stats.kstest(column, reference.cdf).pvalue > 1e-4
            assert stats.ks_2samp(column, other).pvalue > 1e-4


NAKAGAMI = bd.noise.InverseNakagami(3.0, 3.0)
ARD_ADD = bd.Model(bd.ResNet(3, 2, "tanh"), bd.ARDADD(NAKAGAMI, NAKAGAMI))
OF_WEIGHTS = bd.Model(
    bd.MLP((3,)), bd.ScaleMixture(unit=HALF_CAUCHY, weight=bd.noise.Rayleigh(0.7))
)
UNITS = ("unit_scale_0", "unit_scale_1", "unit_scale_2")


@pytest.mark.parametrize(
    ("model", "form", "held", "moved"),
    [
        pytest.param(ARD_ADD, "marginal", (), ["weight_1", "bias_1"], marks=pytest.mark.slow),
        (ARD_ADD, "marginal_large", (), ["weight_1"]),
        (ARD_ADD, "hierarchical", UNITS, ["weight_1", "bias_1"]),
        (OF_WEIGHTS, "hierarchical", UNITS, ["weight_0", "weight_1"]),
    ],
)
def test_the_density_is_unchanged(
    model: bd.Model, form: Form, held: tuple[str, ...], moved: list[str]
) -> None:
    """log p(z̃, λ) is log p(w, λ) and the logarithm of dw/dz̃, summed over what was moved."""
    bound = model.bind(2, 1, form)
    centred, rng = coordinates(bound, 0.3, held), np.random.default_rng(0)
    assert list(centred) == moved
    values: dict[str, Any] = {}
    for site in bound.sites:
        name = centred[site.name].name if site.name in centred else site.name
        is_real = site.support == "real"
        values[name] = rng.normal(size=site.shape) if is_real else rng.uniform(0.1, 2, site.shape)
    own, program = own_values(centred, values), build(bound)
    assert own.keys() - values.keys() == set(moved)
    rows: Any = ((ONE_ROW,), {"y": ONE_ROW[:, :1]})
    found, trace = log_density(partly_centred(program, centred), *rows, values)
    kept = {site.name: own[site.name] for site in bound.sites}
    expected = float(log_density(program, *rows, kept)[0])
    for name in moved:
        np.testing.assert_allclose(trace[name]["value"], own[name], rtol=1e-5)
        expected += np.log(own[name] / values[centred[name].name]).sum()
    assert float(found) == pytest.approx(expected, rel=3e-5)


@pytest.mark.slow
def test_a_weight_and_its_scale_stay_jointly_as_the_prior_says() -> None:
    network, prior = STRUCTURES["unit"]
    model = bd.Model(network, prior, bd.Gaussian(scale=HALF_CAUCHY))
    draws = prior_draws(model, "expanded", centred=True)
    scale, z = draws["unit_scale_0"], draws["weight_0_base"][..., 0]
    assert stats.kstest((z / 0.6).ravel(), "norm").pvalue > 1e-4
    assert abs(stats.spearmanr(scale.ravel(), np.abs(z).ravel()).statistic) < 0.05
    draws = prior_draws(model, "hierarchical", centred=True)
    z = draws["weight_0"][..., 0] / draws["unit_scale_0"]
    assert stats.kstest((z / 0.6).ravel(), "norm").pvalue > 1e-4


@pytest.mark.parametrize(
    ("form", "moved"),
    [
        ("expanded", ["weight_1_base_partly_centred"]),  # z of the shared λ is a site already
        ("hierarchical", ["weight_0_partly_centred", "weight_1_partly_centred"]),
        ("marginal", []),
    ],
)
def test_of_weights_that_share_a_scale_the_sampler_moves_z(form: Form, moved: list[str]) -> None:
    model = bd.Model(bd.MLP((3,)), bd.ARD(HALF_CAUCHY))
    program = numpyro.handlers.seed(program_of(model, form, centred=True), 0)
    drawn: dict[str, Any] = {}

    def names() -> None:
        drawn.update(numpyro.handlers.trace(program).get_trace(ONE_ROW))

    jax.eval_shape(names)
    assert [name for name in drawn if name.endswith("_partly_centred")] == moved
    if form == "hierarchical":
        assert drawn["weight_0_partly_centred"]["fn"].base_dist.base_dist.scale == pytest.approx(
            2**-0.5
        )


@pytest.mark.slow
def test_the_funnel_of_a_shared_scale_is_reached_to_its_neck() -> None:
    """20 weights share a λ that the data say next to nothing of: P(λ < 0.1) is its prior's."""
    prior = bd.ScaleMixture(unit=bd.PerLayer(first=bd.noise.Rayleigh(0.7)))
    model = bd.Model(bd.MLP((20,)), prior, bd.Gaussian(scale=100.0))
    X = np.linspace(-1, 1, 5)[:, None]
    method = bd.NUTS(num_samples=10_000, form="hierarchical")
    draws = bd.fit(model, X, X[:, 0], method, progress=False).draws
    assert draws is not None
    mean, error = mean_and_error((draws["unit_scale_0"] < 0.1).astype(float))
    assert abs(mean - (1 - np.exp(-0.01 / (2 * 0.49)))) < 4 * error
    assert error < 0.001


@pytest.mark.slow
@pytest.mark.parametrize(
    ("model", "method", "scale"),
    [
        pytest.param(
            bd.Model(
                bd.MLP((20,)),
                bd.ScaleMixture(unit=bd.PerLayer(bd.noise.Rayleigh(0.7), last=NAKAGAMI)),
                bd.Gaussian(scale=100.0),
            ),
            bd.GibbsHMC(num_samples=10_000),
            "unit_scale_0",
            id="beside scales that are drawn",
        ),
        pytest.param(
            bd.Model(
                bd.ResNet(5, 2),
                bd.ARDADD(NAKAGAMI, bd.noise.Rayleigh(0.7)),
                bd.Gaussian(scale=100.0),
            ),
            bd.NUTS(num_samples=10_000, form="marginal"),
            "layer_scale_1",
            id="beside scales that are integrated out",
        ),
    ],
)
def test_the_neck_is_reached_beside_other_scales(
    model: bd.Model, method: bd.Inference, scale: str
) -> None:
    """20 weights, or a block, share a λ that is moved: P(λ < 0.1) is its prior's."""
    X = np.linspace(-1, 1, 5)[:, None]
    draws = bd.fit(model, X, X[:, 0], method, progress=False).draws
    assert draws is not None
    small = draws[scale].reshape(4, 10_000, -1) < 0.1
    mean, error = mean_and_error(small.astype(float))
    assert np.all(abs(mean - (1 - np.exp(-0.01 / (2 * 0.49)))) < 4 * error)
    assert np.all(error < 0.001)


def exact_moments(X: linear.Array, y: linear.Array) -> list[linear.Array]:
    """E w, E w², E log λ and E (log λ)² of the linear horseshoe, by a grid over three log λ."""
    log_scale = np.arange(-9, 8, 0.2)
    prior = stats.halfcauchy.logpdf(np.exp(log_scale)) + log_scale
    at = np.stack(np.meshgrid(*[log_scale] * 3, indexing="ij"), -1).reshape(-1, 3)
    log_prior = sum(np.meshgrid(*[prior] * 3, indexing="ij")).ravel()
    variance = np.exp(2 * at) * linear.BASE_SCALE**2
    variance = np.column_stack([variance, np.full(len(at), linear.BIAS_SCALE**2)])
    design = np.column_stack([X, np.ones(len(X))]) / linear.NOISE_SCALE
    precision = design.T @ design + np.eye(4) / variance[:, None]
    covariance = np.linalg.inv(precision)
    mean = covariance @ (design.T @ y[:, 0] / linear.NOISE_SCALE)
    fit = mean @ (design.T @ y[:, 0] / linear.NOISE_SCALE)
    log_evidence = 0.5 * (fit - np.linalg.slogdet(precision)[1] - np.log(variance).sum(1))
    weight = np.exp(log_evidence + log_prior - np.max(log_evidence + log_prior))
    weight /= weight.sum()
    second = mean**2 + np.diagonal(covariance, axis1=1, axis2=2)
    return [weight @ mean[:, :3], weight @ second[:, :3], weight @ at, weight @ at**2]


@pytest.mark.slow
@pytest.mark.parametrize("form", ["expanded", pytest.param("hierarchical", marks=pytest.mark.slow)])
def test_the_posterior_is_unchanged(form: Form) -> None:
    """Moments of w and of log λ, by a grid; enough draws that their errors know the lower tail."""
    X, y = linear.data(rows=25, features=3)
    method = bd.NUTS(num_samples=10_000, form=form, max_tree_depth=8)
    draws = bd.fit(linear.model(bd.noise.HalfCauchy(1.0)), X, y, method, progress=False).draws
    assert draws is not None
    assert set(draws) == {
        site.name for site in bd.sites(linear.model(bd.noise.HalfCauchy(1.0)), 3, form=form)
    }
    log_scale = np.log(draws["unit_scale_0"]).astype(float)
    weight = draws["weight_0" if form == "hierarchical" else "weight_0_base"][..., 0].astype(float)
    if form == "expanded":
        weight = weight * np.exp(log_scale)
    expected = exact_moments(linear.standardised(X), linear.standardised(y))
    found = [weight, weight**2, log_scale, log_scale**2]
    for draw, exact in zip(found, expected, strict=True):
        mean, error = mean_and_error(draw)
        assert np.all(np.abs(mean - exact) < 4 * error)


def horseshoe_data(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """100 rows of 100 features, 10 of them with coefficients of size 2 to 5, noise 1."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(100, 100))
    weights = np.zeros(100)
    weights[:10] = rng.choice([-1, 1], 10) * rng.uniform(2, 5, 10)
    return X, X @ weights + rng.normal(size=100)


@pytest.mark.slow
@pytest.mark.parametrize("form", ["expanded", "hierarchical"])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_at_most_one_in_a_thousand_draws_of_the_horseshoe_diverges(seed: int, form: Form) -> None:
    model = bd.Model(bd.MLP(()), bd.ARD(bd.noise.HalfCauchy(1.0)))
    posterior = bd.fit(model, *horseshoe_data(seed), bd.NUTS(form=form), seed, progress=False)
    assert posterior.sample_stats["diverging"].mean() <= 0.001
    assert posterior.diagnose().converged

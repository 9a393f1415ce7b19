"""MAP against exact modes, an independent log joint, and what it must refuse."""

from __future__ import annotations

from functools import cache, partial
from typing import Any

import jax
import linear
import numpy as np
import oracle
import pytest
from noises import Arcsine
from quick import quick

import bayesdrop as bd
from bayesdrop import catalog
from bayesdrop.infer.engine.adam import Trainer, mode_density
from bayesdrop.model import Model
from bayesdrop.programs import numpyro_model
from bayesdrop.programs.numpyro_density import log_density

QUICK: dict[str, Any] = {"num_steps": 2000}
LEARNED = bd.Model(bd.MLP(()), linear.model().prior)  # the noise scale has a prior


@cache
def fitted(model: Model, method: bd.MAP, seed: int = 0) -> bd.Posterior:
    return bd.fit(model, *linear.data(), method, seed=seed, progress=False)


def point(posterior: bd.Posterior) -> dict[str, Any]:
    assert posterior.draws is not None
    return {name: value[0, 0].astype(np.float64) for name, value in posterior.draws.items()}


def scaled_data() -> tuple[linear.Array, linear.Array]:
    return tuple(linear.standardised(a) for a in linear.data())  # type: ignore[return-value]


@pytest.mark.parametrize(("batch_size", "tolerance"), [(None, 1e-4), (20, 2e-3)])
def test_the_linear_mode_is_the_exact_mean(batch_size: int | None, tolerance: float) -> None:
    """Minibatches whose likelihood were not scaled up would shrink it a hundred times that."""
    posterior = fitted(linear.model(), bd.MAP(batch_size=batch_size, **QUICK))
    found = linear.stacked(posterior.draws)[0, 0]
    np.testing.assert_allclose(found, linear.exact_of(*linear.data()).mean, atol=tolerance)


@pytest.mark.parametrize(
    "method",
    [
        bd.MAP(**QUICK),
        pytest.param(bd.DeepEnsemble(num_members=2, **QUICK), marks=pytest.mark.slow),
    ],
    ids=lambda method: type(method).__name__,
)
def test_the_mode_under_a_wide_prior_is_reached(method: bd.Inference) -> None:
    """Slopes and an intercept of tens in raw units, from draws of a prior of 100."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(50, 3))
    y = X @ [40.0, -60.0, 5.0] - 80 + 0.5 * rng.normal(size=50)
    prior = bd.ScaleMixture(base_scale=100.0, bias_scale=100.0)
    model = bd.Model(bd.MLP(()), prior, bd.Gaussian(scale=0.5))
    posterior = bd.fit(model, X, y, method, standardize=False, progress=False)
    D = np.column_stack([X, np.ones(50)])
    precision = D.T @ D / 0.5**2 + np.eye(4) / 100**2
    mode = np.linalg.solve(precision, D.T @ y / 0.5**2)
    for member in linear.stacked(posterior.draws)[0]:
        off = (member.reshape(4) - mode) * np.sqrt(np.diag(precision))
        np.testing.assert_allclose(off, 0, atol=0.1)


def test_weights_are_the_mode_given_the_noise_scale_that_was_found() -> None:
    posterior = fitted(LEARNED, bd.MAP(**QUICK))
    scale = float(point(posterior)["noise_scale"][0])
    found = linear.stacked(posterior.draws)[0, 0]
    np.testing.assert_allclose(found, linear.exact(*scaled_data(), scale).mean, atol=1e-3)
    assert 0.15 < scale < 0.6  # the target was made with 0.26 of its standard deviation


def _slopes(model: Model, values: dict[str, Any], name: str, form: str = "expanded") -> Any:
    """Relative derivative of the oracle's log joint in each element of a site."""
    data, step = scaled_data(), 1e-5
    slopes = []
    for index in np.ndindex(values[name].shape):
        ends = []
        for sign in (1, -1):
            moved = values[name].copy()
            moved[index] += sign * step
            moved_values = {**values, name: moved}
            ends.append(float(oracle.log_joint(model, moved_values, *data, form)))
        slopes.append((ends[0] - ends[1]) / (2 * step))
    return np.array(slopes)


@pytest.mark.parametrize(
    "noise",
    quick(
        [bd.noise.Rayleigh(0.7), bd.noise.InverseNakagami(3.0, 2.0)],
        lambda noise: noise == bd.noise.Rayleigh(0.7),
    ),
)
def test_the_mode_is_that_of_the_sites_own_values(noise: Any) -> None:
    """A mode with Jacobians would have slopes of −1/λ in λ."""
    model = linear.model(noise)
    values = point(fitted(model, bd.MAP(num_steps=4000)))
    for name in values:
        assert np.abs(_slopes(model, values, name)).max() < 0.1
    assert (1 / values["unit_scale_0"]).max() > 0.5


@pytest.mark.parametrize(
    "noise",
    quick(
        [bd.noise.InverseNakagami(3.0, 2.0), bd.noise.LogUniform(0.1, 3.0)],
        lambda noise: noise == bd.noise.InverseNakagami(3.0, 2.0),
    ),
)
def test_the_mode_of_the_marginal_form_is_the_penalised_estimate(noise: Any) -> None:
    """−log p(w) of the induced prior is the penalty: its slopes and the likelihood's cancel."""
    model = linear.model(noise)
    values = point(fitted(model, bd.MAP(form="marginal", num_steps=4000)))
    assert "unit_scale_0" not in values
    for name in values:
        assert np.abs(_slopes(model, values, name, "marginal")).max() < 0.1
    elsewhere = {name: value / 2 for name, value in values.items()}
    assert np.abs(_slopes(model, elsewhere, "weight_0", "marginal")).max() > 1


@pytest.mark.parametrize(
    "noise",
    [
        bd.noise.HalfCauchy(1.0),
        bd.noise.HalfNormal(1.0),
        bd.noise.Gaussian(1.0),
        bd.noise.Gaussian(0.3, mean=1.0),
        bd.noise.Beta(0.9, 2.0),
        bd.noise.Uniform(0.0, 1.0),
        bd.noise.RegularizedHalfCauchy(),
    ],
    ids=repr,
)
def test_a_marginal_density_without_a_bound_is_refused(noise: Any) -> None:
    for prior in (bd.ARD(noise), bd.DropConnect(noise)):
        reason = bd.MAP(form="marginal").supports(bd.Model(bd.MLP((4,)), prior))
        assert reason is not None
        assert str(noise) in reason
        assert "infinite at 0" in reason
        assert "bd.NUTS" in reason


def test_more_weights_than_a_noise_allows_are_refused_with_the_data() -> None:
    """Rayleigh noise gives one weight a Laplace prior, and two a pole at 0."""
    noise = bd.noise.Rayleigh(1.0)
    alone = bd.Model(bd.MLP(()), bd.DropConnect(noise))
    together = bd.Model(bd.MLP((4,)), bd.ARD(noise))
    method = bd.MAP(form="marginal", num_steps=1)
    assert method.supports(alone) is None
    assert method.supports(together) is None
    bd.fit(alone, *linear.data(), method, progress=False)
    words = r"unit_scale_0 is Rayleigh\(scale=1\.0\).*the 4 weights that share it is infinite"
    for refused in (method, bd.DeepEnsemble(form="marginal", num_steps=1)):
        with pytest.raises(bd.UnsupportedModelError, match=words):
            bd.fit(together, *linear.data(), refused, progress=False)
    blocks = bd.Model(bd.ResNet(4, 2), bd.ScaleMixture(layer=noise, weight=noise))
    with pytest.raises(bd.UnsupportedModelError, match=r"layer_scale_1.*grows without bound"):
        bd.fit(blocks, *linear.data(), method, progress=False)


def test_the_form_is_left_out_of_the_json_at_its_default() -> None:
    assert '"form"' not in bd.spec.canonical_json(bd.MAP())
    assert '"form":"marginal"' in bd.spec.canonical_json(bd.MAP(form="marginal"))
    with pytest.raises(ValueError, match="unknown form 'hierarchical'"):
        bd.MAP(form="hierarchical")


def test_held_out_rows_keep_the_noise_scale_of_a_model_that_can_interpolate() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(30, 60))  # more features than rows
    y = X[:, 0] + 0.5 * rng.normal(size=30)
    model = bd.Model(bd.MLP(()), bd.ScaleMixture(base_scale=1.0))
    scales = {}
    for held_out in (0.0, 0.2):
        method = bd.MAP(num_steps=3000, held_out=held_out)
        posterior = bd.fit(model, X, y, method, progress=False)
        scales[held_out] = float(point(posterior)["noise_scale"][0])
    assert scales[0.0] < 0.1
    assert 0.4 < scales[0.2] < 1.5  # the noise is 0.45 of the target's standard deviation


def test_the_joint_mode_of_the_linear_model_is_stationary_in_the_noise_scale() -> None:
    values = point(fitted(LEARNED, bd.MAP(held_out=0.0, **QUICK)))
    for name in values:
        assert np.abs(_slopes(LEARNED, values, name)).max() < 0.5
    assert fitted(LEARNED, bd.MAP(held_out=0.0, **QUICK)).fit.losses.shape == (2000,)


def test_the_two_densities_differ_by_the_jacobian() -> None:
    program = bd.numpyro_model(model := linear.model(bd.noise.Rayleigh(0.7)))
    X, y = (a.astype(np.float32) for a in scaled_data())
    rng = np.random.default_rng(0)
    values = {
        "unit_scale_0": rng.normal(size=5).astype(np.float32),
        "weight_0_base": rng.normal(size=(5, 1)).astype(np.float32),
        "bias_0": rng.normal(size=1).astype(np.float32),
    }
    own = {**values, "unit_scale_0": np.exp(values["unit_scale_0"])}
    expected = bd.log_joint(model, own, X, y, "pyro")
    without_it = float(jax.jit(partial(mode_density, program))(values, X, y))
    assert without_it == pytest.approx(expected, rel=1e-5)
    jacobian = float(np.sum(values["unit_scale_0"]))
    with_it = float(jax.jit(partial(log_density, program))(values, X, y))
    assert with_it == pytest.approx(expected + jacobian, rel=1e-5)
    assert abs(jacobian) > 0.1


def _residual(values: dict[str, Any]) -> float:
    """Of the network at ``values``, or of the exact posterior mean without noise."""
    X, y = scaled_data()
    mean = linear.exact(X, y).mean
    if values:
        weight = values["unit_scale_0"][:, None] * values["weight_0_base"]
        mean = np.concatenate([weight, values["bias_0"][None]])
    return float(np.std(y - np.column_stack([X, np.ones(len(X))]) @ mean))


NOISES = {
    "gaussian": bd.noise.Gaussian(1.0),
    "half_cauchy": bd.noise.HalfCauchy(1.0),
    "uniform": bd.noise.Uniform(0.0, 3**0.5),
    "log_uniform": bd.noise.LogUniform(1e-3, 3.0),
    "beta": bd.noise.Beta(1.0, 2.0),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", NOISES)
def test_modes_at_an_end_of_the_support_are_finite_and_inside(name: str) -> None:
    model = linear.model(NOISES[name])
    posterior = fitted(model, bd.MAP(num_steps=3000))
    start = fitted(model, bd.MAP(num_steps=1))
    assert np.isfinite(posterior.fit.losses).all()
    data = scaled_data()
    reached, before = (bd.log_joint(model, point(p), *data) for p in (posterior, start))
    assert np.isfinite(reached)
    assert reached > before
    if name != "log_uniform":  # whose density 1/λ can rightly hold a weight at 0
        assert _residual(point(posterior)) < 1.1 * _residual({})


def _ard(noise: Any) -> Model:
    return bd.Model(bd.MLP((4,)), bd.ARD(noise))


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (_ard(bd.noise.Bernoulli(0.9)), "0 or 1.*bd.MCDropout"),
        (_ard(bd.noise.Bernoulli(bd.Learned(0.9))), "Learned.*bd.SVI"),
        (_ard(bd.noise.HalfCauchy(bd.noise.HalfCauchy(1.0))), "concentrate together.*bd.NUTS"),
        (_ard(bd.noise.Beta(0.5, 2.0)), "infinite at 0.*bd.NUTS"),
        (_ard(bd.noise.Beta(2.0, 0.5)), "infinite at 1"),
        (_ard(Arcsine(0.5, 1.4)), "infinite at 0.5"),
        (_ard(bd.noise.RegularizedHalfCauchy(1.0, 2.0)), "infinite at 2"),
    ],
)
def test_models_without_a_mode_are_refused(model: Model, words: str) -> None:
    with pytest.raises(bd.UnsupportedModelError, match=words):
        bd.fit(model, *linear.data(), bd.MAP(), progress=False)


def test_which_models_of_the_catalog_have_a_mode() -> None:
    models = {name: catalog.load("models", name).value for name in catalog.names("models")}
    refused = {name for name, model in models.items() if bd.MAP().supports(model)}
    assert refused == {
        "bernoulli_ard",
        "bernoulli_ard_two_layers",
        "concrete_dropout",
        "digits_every",
        "digits_last",
        "lenet",
        "lstm",
        "regularized_horseshoe_ard",
        "stochastic_depth",
    }


BRIEF = bd.MAP(num_steps=50, batch_size=12)


def test_same_seed_same_mode_and_one_compilation() -> None:
    one = fitted(LEARNED, BRIEF)
    again = bd.fit(LEARNED, *linear.data(), BRIEF, progress=False)
    other = fitted(LEARNED, BRIEF, seed=1)
    assert again.fit.info["compilations"] == 0
    assert again.fit.seconds["compile"] == 0
    for name, value in point(one).items():
        np.testing.assert_array_equal(value, point(again)[name])
        assert not np.any(value == point(other)[name])


def test_what_a_fit_reports() -> None:
    posterior = fitted(LEARNED, BRIEF)
    fit = posterior.fit
    assert fit.losses.shape == (13 + 10,)  # 48 rows are four batches an epoch, 60 are five
    assert fit.info["gradients"] == 21 + 10  # 13 · 4 · (12 + 12 held out) of 60 rows are 20.8
    assert posterior.draws is not None
    assert posterior.draws["weight_0"].shape == (1, 1, 5, 1)
    assert posterior.sample_stats == {}


@pytest.mark.parametrize(
    ("field", "value"),
    [("num_steps", 0), ("learning_rate", 0.0), ("batch_size", 0), ("held_out", 1.0)],
)
def test_bad_settings(field: str, value: Any) -> None:
    with pytest.raises(ValueError, match=field):
        bd.MAP(**{field: value})


def test_at_least_one_row_trains() -> None:
    X, y = linear.data(rows=10)
    method = bd.MAP(num_steps=5, held_out=0.95)
    assert np.isfinite(bd.fit(linear.model(), X, y, method, progress=False).predict(X).mean).all()


@pytest.mark.slow
def test_a_batch_of_held_out_rows_stands_for_all_of_them() -> None:
    model, site = LEARNED, "noise_scale"
    program = numpyro_model(model, "expanded", 1)
    trainer = Trainer(program, (), 10, density=mode_density, apart=(site,), held_out=0.2)
    X, y = np.ones((4, 3), np.float32), np.full((4, 1), 0.5, np.float32)
    values = {"weight_0": np.full((3, 1), 0.4), "bias_0": np.array([0.1]), site: np.array([-0.3])}
    whole, _ = trainer._objective(values, (X, y), 4, (X, y), 4)
    part, _ = trainer._objective(values, (X, y), 4, (X[:1], y[:1]), 4)
    np.testing.assert_allclose(part, whole, rtol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize(
    "method",
    [
        bd.MAP(learning_rate=1e30, num_steps=50),
        bd.DeepEnsemble(num_members=2, learning_rate=1e30, num_steps=50),
        bd.Laplace(learning_rate=1e30, num_steps=50),
        bd.VariationalEM(learning_rate=1e30, num_epochs=50),
    ],
    ids=lambda method: type(method).__name__,
)
def test_training_that_diverges_is_an_error(method: bd.Inference) -> None:
    model = bd.Model(bd.MLP(()))
    with pytest.raises(FloatingPointError, match=r"NaN after \d+ steps.*below 1e\+30"):
        fitted(model, method)

"""The predictive mixture: its moments, densities, quantiles, samples and shapes."""

from __future__ import annotations

from typing import Any

import linear
import numpy as np
import pytest
from scipy.special import logsumexp
from scipy.stats import norm

import bayesdrop as bd

DRAWS, ROWS, OUTPUTS = 40, 7, 2


def mixture(one_output: bool, draws: int = DRAWS) -> bd.Predictive:
    """Draws whose means differ, so that the mixture is far from one Gaussian."""
    rng = np.random.default_rng(0)
    shape = (draws, ROWS, 1 if one_output else OUTPUTS)
    loc = 5 + 3 * rng.standard_t(3, size=shape)
    scale = np.broadcast_to(rng.uniform(0.5, 2, size=(draws, 1, shape[-1])), shape)
    parameters = {"loc": loc.astype(np.float32), "scale": scale.astype(np.float32)}
    return bd.Predictive(bd.Gaussian(), parameters, n_chains=2, one_output=one_output)


@pytest.fixture(params=[True, False], ids=["one_output", "two_outputs"])
def prediction(request: Any) -> bd.Predictive:
    return mixture(request.param)


def components(prediction: bd.Predictive) -> tuple[linear.Array, linear.Array]:
    """Mean and standard deviation of each component, of the shape of ``draw_means``."""
    loc, scale = (prediction.parameters[name].astype(np.float64) for name in ("loc", "scale"))
    return (loc[..., 0], scale[..., 0]) if prediction.one_output else (loc, scale)


def target(prediction: bd.Predictive, seed: int = 1) -> linear.Array:
    return np.random.default_rng(seed).normal(5, 4, prediction.mean.shape)


def test_shapes(prediction: bd.Predictive) -> None:
    shape = (ROWS,) if prediction.one_output else (ROWS, OUTPUTS)
    y = target(prediction)
    of_rows = (
        *(prediction.mean, prediction.std, prediction.epistemic_std, prediction.aleatoric_std),
        *(prediction.log_prob(y), prediction.cdf(y), prediction.crps(y), prediction.quantile(0.3)),
        *prediction.interval(0.9),
    )
    for array in of_rows:
        assert array.shape == shape
        assert array.dtype == np.float64
    assert prediction.draw_means.shape == (DRAWS, *shape)
    assert prediction.quantile([0.1, 0.5, 0.9]).shape == (3, *shape)
    assert prediction.quantile([[0.1, 0.5]]).shape == (1, 2, *shape)
    assert prediction.sample(11).shape == (11, *shape)
    assert (prediction.n_draws, prediction.n_rows) == (DRAWS, ROWS)


def test_one_target_column_keeps_its_axis() -> None:
    X, y = linear.data(rows=20, features=2)
    method = linear.ExactLinear(10)
    flat = bd.fit(linear.model(), X, y, method).predict(X)
    column = bd.fit(linear.model(), X, y[:, None], method).predict(X)
    assert flat.mean.shape == (20,)
    assert column.mean.shape == (20, 1)
    np.testing.assert_array_equal(flat.mean, column.mean[:, 0])
    np.testing.assert_array_equal(flat.log_prob(y), column.log_prob(y[:, None])[:, 0])


def test_moments_are_those_of_the_mixture(prediction: bd.Predictive) -> None:
    loc, scale = components(prediction)
    np.testing.assert_allclose(prediction.mean, loc.mean(0), rtol=1e-12)
    np.testing.assert_allclose(prediction.epistemic_std, loc.std(0), rtol=1e-10)
    np.testing.assert_allclose(prediction.aleatoric_std**2, (scale**2).mean(0), rtol=1e-6)
    second_moment = (loc**2 + scale**2).mean(0)
    np.testing.assert_allclose(prediction.std**2, second_moment - loc.mean(0) ** 2, rtol=1e-5)
    np.testing.assert_allclose(
        prediction.std**2, prediction.epistemic_std**2 + prediction.aleatoric_std**2, rtol=1e-12
    )


def test_log_prob_and_cdf_are_those_of_the_mixture(prediction: bd.Predictive) -> None:
    loc, scale = components(prediction)
    for y in (target(prediction), target(prediction) + 500):
        direct = logsumexp(norm.logpdf(y, loc, scale), axis=0) - np.log(DRAWS)
        np.testing.assert_allclose(prediction.log_prob(y), direct, rtol=1e-9)
        np.testing.assert_allclose(prediction.cdf(y), norm.cdf(y, loc, scale).mean(0), rtol=1e-9)


def test_log_prob_is_not_of_the_moment_matched_gaussian(prediction: bd.Predictive) -> None:
    y = target(prediction)
    matched = norm.logpdf(y, prediction.mean, prediction.std)
    assert np.abs(prediction.log_prob(y) - matched).max() > 0.05


def test_quantiles_invert_the_cdf(prediction: bd.Predictive) -> None:
    for level in (0.001, 0.05, 0.5, 0.83, 0.999):
        np.testing.assert_allclose(prediction.cdf(prediction.quantile(level)), level, rtol=1e-7)


@pytest.mark.parametrize("level", [0.5, 0.9, 0.99])
def test_interval_is_central_and_holds_its_mass(prediction: bd.Predictive, level: float) -> None:
    lower, upper = prediction.interval(level)
    np.testing.assert_allclose(prediction.cdf(lower), (1 - level) / 2, rtol=1e-6)
    np.testing.assert_allclose(1 - prediction.cdf(upper), (1 - level) / 2, rtol=1e-6)


@pytest.mark.parametrize("q", [0.0, 1.0, -0.1, [0.5, 1.2], np.nan])
def test_levels_outside_0_1_are_refused(prediction: bd.Predictive, q: Any) -> None:
    with pytest.raises(ValueError, match="strictly between 0 and 1"):
        prediction.quantile(q)


@pytest.mark.parametrize("size", [(2, 3), -1, 2.0, True])
def test_sizes_that_are_no_number_of_samples(prediction: bd.Predictive, size: Any) -> None:
    with pytest.raises(ValueError, match="size must be a whole number"):
        prediction.sample(size)


@pytest.mark.parametrize("level", [90, -0.5, 0.0])
def test_levels_of_intervals(prediction: bd.Predictive, level: float) -> None:
    with pytest.raises(ValueError, match=r"level must lie strictly between 0 and 1, such as 0\.9"):
        prediction.interval(level)


def test_interval_of_everything_is_refused(prediction: bd.Predictive) -> None:
    with pytest.raises(ValueError, match="strictly between 0 and 1"):
        prediction.interval(1.0)


def test_samples_have_the_moments_of_the_mixture(prediction: bd.Predictive) -> None:
    size = 40_000
    drawn = prediction.sample(size, seed=2)
    error = prediction.std / np.sqrt(size)
    np.testing.assert_array_less(np.abs(drawn.mean(0) - prediction.mean), 5 * error)
    squares = (drawn - prediction.mean) ** 2
    error = squares.std(0) / np.sqrt(size)
    np.testing.assert_array_less(np.abs(squares.mean(0) - prediction.std**2), 5 * error)
    below = (drawn <= prediction.quantile(0.2)).mean(0)
    np.testing.assert_allclose(below, 0.2, atol=5 * np.sqrt(0.16 / size))


def test_samples_depend_on_the_seed_alone(prediction: bd.Predictive) -> None:
    np.testing.assert_array_equal(prediction.sample(5, seed=3), prediction.sample(5, seed=3))
    assert not np.any(prediction.sample(5, seed=3) == prediction.sample(5, seed=4))


def test_a_sample_uses_one_draw_for_all_rows() -> None:
    """So that a sample is a function's values with noise, coherent over rows."""
    rng = np.random.default_rng(0)
    loc = np.broadcast_to(rng.normal(0, 100, (50, 1, 1)), (50, ROWS, 1)).astype(np.float32)
    parameters = {"loc": loc, "scale": np.full_like(loc, 1e-3)}
    drawn = bd.Predictive(bd.Gaussian(), parameters).sample(20)
    assert np.ptp(drawn, axis=1).max() < 0.1
    assert np.ptp(drawn[:, 0]) > 1


def test_scores_that_are_infinite_are_left_out() -> None:
    loc = np.zeros((3, ROWS, 1))
    df = np.array([3.0, 3.0, 0.9])[:, None, None] + loc
    pred = bd.Predictive(bd.StudentT(), {"loc": loc, "scale": loc + 1, "df": df})
    found = bd.evaluate(pred, np.linspace(-1, 1, ROWS))
    assert not {"crps", "mean_std", "mean_aleatoric_std"} & found.keys()
    assert all(np.isfinite(found[name]) for name in ("rmse", "nll", "coverage_90"))


@pytest.mark.parametrize("method", ["log_prob", "cdf", "crps"])
def test_a_target_of_another_shape_is_refused(prediction: bd.Predictive, method: str) -> None:
    y = target(prediction)
    for wrong in (y[:-1], y[..., None], 0.0):
        with pytest.raises(ValueError, match=r"y has shape .*, the prediction .*: give one"):
            getattr(prediction, method)(wrong)


@pytest.mark.slow
def test_metrics_of_real_predictions_differ() -> None:
    """RMSE, MAE and the released code's per-draw quantity are three numbers (issue 2, point 6)."""
    split = bd.load_dataset("diabetes").split(0)
    method = bd.SVI(num_steps=1500, num_samples=100, learning_rate=0.02)
    model = bd.Model(bd.MLP((10,)), bd.ARD(bd.noise.Rayleigh(1.0)))
    posterior = bd.fit(model, split.X_train, split.y_train, method, progress=False)
    prediction = posterior.predict(split.X_test)
    metrics = bd.evaluate(prediction, split.y_test)

    errors = prediction.mean - split.y_test
    assert metrics["rmse"] == pytest.approx(np.sqrt(np.mean(errors**2)))
    assert metrics["mae"] == pytest.approx(np.mean(np.abs(errors)))
    each = np.abs(prediction.draw_means.astype(np.float64) - split.y_test)
    assert metrics["mae_per_draw"] == pytest.approx(each.mean())
    assert metrics["mae"] * 1.005 < metrics["mae_per_draw"] < metrics["rmse"] * 0.995
    assert metrics["nll"] == pytest.approx(-prediction.log_prob(split.y_test).mean())
    assert metrics["rmse"] < 0.85 * np.std(split.y_test)  # it has learned something
    assert {"crps", "coverage_50", "coverage_90", "coverage_95", "calibration_error"} <= set(
        metrics
    )
    assert 0.7 < metrics["coverage_90"] <= 1
    assert all(np.isfinite(value) for value in metrics.values())

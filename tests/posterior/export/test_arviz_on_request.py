"""What ``post.to_arviz()`` has on request alone: f at given rows, the prior, what is large."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import Any

import linear
import numpy as np
import pandas as pd
import pytest
from prior_draws import PriorDraws

import bayesdrop as bd
from bayesdrop.posterior.export.arviz import import_arviz, to_datatree
from bayesdrop.posterior.results import chunks
from bayesdrop.posterior.results.parameter_arrays import few_draws_at_a_time

az = import_arviz()
X, Y = linear.data(rows=60, features=3)
NEW = X[:4] * 1.1
CHAINS, DRAWS = 2, 300


@pytest.fixture(scope="module")
def fitted() -> bd.Posterior:
    """Draws of the exact posterior."""
    method = linear.ExactLinear(num_samples=DRAWS, num_chains=CHAINS)
    return bd.fit(linear.model(), X, Y, method, seed=1, progress=False)


def classes(shape: tuple[int, ...] = (60, 3), likelihood: Any = None) -> bd.Posterior:
    model = bd.Model(bd.MLP((4,)), bd.ScaleMixture(), likelihood or bd.Categorical(3))
    inputs = np.random.default_rng(0).normal(size=shape)
    return bd.fit(model, inputs, np.arange(shape[0]) % 3, PriorDraws(), progress=False)


def test_nothing_as_large_as_draws_times_rows_unasked(fitted: bd.Posterior) -> None:
    names = {"posterior", "sample_stats", "observed_data", "constant_data"}
    assert set(to_datatree(fitted).children) == names
    more = to_datatree(fitted, log_likelihood=True, posterior_predictive=True, f_at=NEW, prior=3)
    assert set(more.children) == names | {
        "log_likelihood",
        "posterior_predictive",
        "predictions_constant_data",
        "prior",
        "prior_predictive",
    }


def test_features_have_the_frames_names() -> None:
    frame = pd.DataFrame(X, columns=["age", "dose", "weight"])
    model = bd.Model(bd.MLP((4,)), bd.ARD(bd.noise.HalfNormal(1.0)))
    fitted = bd.fit(model, frame, Y, PriorDraws(num_chains=2), progress=False)
    data = fitted.to_arviz()
    own = fitted.draws
    assert own is not None
    dose = data.posterior["unit_scale_0"].sel(feature="dose").to_numpy()
    np.testing.assert_array_equal(dose, own["unit_scale_0"][..., 1])
    one = data.posterior["weight_0_base"].sel(feature="weight", unit_1=3).to_numpy()
    np.testing.assert_array_equal(one, own["weight_0_base"][..., 2, 3])
    np.testing.assert_array_equal(data.constant_data["X"].sel(feature="age"), X[:, 0])
    assert "unit_scale_0[dose]" in az.summary(data, var_names=["unit_scale_0"]).index


def test_f_is_what_the_prediction_averages(fitted: bd.Posterior) -> None:
    data = fitted.to_arviz(f_at=NEW)
    f = data.posterior["f"]
    assert f.dims == ("chain", "draw", "point")
    expected = fitted.predict(NEW).draw_means.reshape(CHAINS, DRAWS, 4)
    np.testing.assert_allclose(f.to_numpy(), expected, rtol=1e-6)
    np.testing.assert_allclose(data.predictions_constant_data["X"], NEW, rtol=1e-5)
    assert len(az.summary(data, var_names=["f"])) == 4


def test_f_of_classes_and_outputs() -> None:
    several = classes().to_arviz(f_at=X[:2]).posterior["f"]
    assert several.dims == ("chain", "draw", "point", "class")
    np.testing.assert_allclose(np.exp(several).sum("class"), 1, rtol=1e-5)
    inputs, y = linear.data(rows=30, outputs=2)
    two = bd.fit(linear.model(), inputs, y, linear.ExactLinear(40, 2), progress=False)
    data = to_datatree(two, f_at=inputs[:3], prior=5)
    for group in ("posterior", "prior"):
        assert data[group]["f"].dims == ("chain", "draw", "point", "output")
    assert data["prior_predictive"]["y"].shape == (1, 5, 30, 2)


@pytest.mark.parametrize(
    ("likelihood", "labels"),
    [
        (bd.Categorical(), ["cat", "dog", "eel"]),
        (bd.Categorical(), [3, 5, 9]),
        (bd.Bernoulli(), ["no", "yes"]),
        (bd.Bernoulli(), [False, True]),
    ],
)
def test_classes_have_their_labels(likelihood: Any, labels: list[Any], tmp_path: Path) -> None:
    y = np.array(labels)[np.arange(60) % len(labels)]
    model = bd.Model(bd.MLP((4,)), likelihood=likelihood)
    fitted = bd.fit(model, X, y, PriorDraws(), progress=False)
    data = fitted.to_arviz(f_at=NEW, prior=4, posterior_predictive=True)
    for group in ("observed_data", "posterior_predictive", "prior_predictive"):
        found = data[group]
        np.testing.assert_array_equal(found["class"], labels)
        assert set(np.unique(found["y"])) <= set(range(len(labels)))
    np.testing.assert_array_equal(data.observed_data["class"][data.observed_data["y"]], y)
    if len(labels) > 2:
        f = data.posterior["f"].sel({"class": labels[1]})
        np.testing.assert_array_equal(f, data.posterior["f"][..., 1])
        bias = data.posterior["bias_1"].sel({"class": labels[2]}).to_numpy()
        np.testing.assert_array_equal(bias, (fitted.draws or {})["bias_1"][..., 2])
        assert f"bias_1[{labels[0]}]" in az.summary(data, var_names=["bias_1"]).index
    data.to_netcdf(tmp_path / "classes.nc")
    again = az.from_netcdf(tmp_path / "classes.nc")
    np.testing.assert_array_equal(again.observed_data["class"], labels)


def test_f_of_a_fit_without_weights() -> None:
    fitted = bd.fit(bd.Model(bd.MLP((4,))), X, Y, bd.GP(num_samples=50), progress=False)
    data = fitted.to_arviz(f_at=NEW)
    assert set(data.posterior.data_vars) == {"f"}
    with pytest.raises(ValueError, match="a fit by GP has a distribution over functions"):
        fitted.to_arviz(prior=10)


def test_images_have_places() -> None:
    images = np.random.default_rng(0).normal(size=(12, 6, 6, 2))
    model = bd.Model(bd.ConvNet(channels=(2,), kernel=3, pool=2, hidden=(3,)))
    fitted = bd.fit(model, images, np.arange(12.0), PriorDraws(), progress=False)
    found = fitted.to_arviz(f_at=images[:2])
    assert found.constant_data["X"].dims == ("row", "place_0", "place_1", "feature")
    np.testing.assert_array_equal(found.constant_data["X"], images)
    np.testing.assert_allclose(found.predictions_constant_data["X"], images[:2], atol=1e-6)


def test_the_prior_is_the_models(fitted: bd.Posterior) -> None:
    data = fitted.to_arviz(prior=4000, f_at=NEW)
    assert dict(data.prior.sizes)["draw"] == 4000
    assert set(data.prior.data_vars) == {*(fitted.draws or {}), "f"}
    assert data.prior["weight_0"].dims == data.posterior["weight_0"].dims
    assert float(data.prior["weight_0"].std()) == pytest.approx(linear.BASE_SCALE, rel=0.05)
    y = data.prior_predictive["y"]
    assert y.dims == ("chain", "draw", "row")
    design = linear.standardised(X)
    spread = np.sqrt(
        linear.BASE_SCALE**2 * (design**2).sum(1) + linear.BIAS_SCALE**2 + linear.NOISE_SCALE**2
    )
    np.testing.assert_allclose(y.std(("chain", "draw")), Y.std() * spread, rtol=0.07)
    np.testing.assert_allclose(y.mean(("chain", "draw")), Y.mean(), atol=6 * Y.std() * 2 / 60)
    again = fitted.to_arviz(prior=4000)
    np.testing.assert_array_equal(again.prior_predictive["y"], y)


@pytest.mark.parametrize("prior", [-1, 2.5, True, "10"])
def test_a_number_of_draws_that_is_none(fitted: bd.Posterior, prior: Any) -> None:
    with pytest.raises(ValueError, match="how many draws of the prior to make, from 0"):
        fitted.to_arviz(prior=prior)


def test_chunks_change_nothing(fitted: bd.Posterior, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = to_datatree(fitted, log_likelihood=True, posterior_predictive=True, f_at=NEW)
    monkeypatch.setattr(chunks, "CHUNK_BYTES", 2**14)
    rows = fitted.training.X_standardised
    parts = list(few_draws_at_a_time(fitted.parameter_chunks(rows)))
    assert len(parts) > 10
    small = to_datatree(fitted, log_likelihood=True, posterior_predictive=True, f_at=NEW)
    for name in ("log_likelihood", "posterior_predictive", "posterior"):
        for variable in small[name].data_vars:
            np.testing.assert_allclose(small[name][variable], whole[name][variable], rtol=1e-5)


@pytest.mark.slow
def test_memory_is_that_of_the_result(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "CHUNK_BYTES", 2**20)
    rows = 20_000
    inputs = np.random.default_rng(0).normal(size=(rows, 2))
    model = bd.Model(bd.MLP((20,)))
    fitted = bd.fit(model, inputs, inputs[:, 0], PriorDraws(num_samples=300), progress=False)
    assert peak(lambda: to_datatree(fitted)) < 2**20
    result = 4 * rows * 300
    assert peak(lambda: to_datatree(fitted, posterior_predictive=True)) < result + 12 * 2**20


def peak(function: Any) -> int:
    """The most bytes that were allocated at a time."""
    tracemalloc.start()
    function()
    found = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return found

"""Relevance of features by name: what it computes, and that it finds the relevant ones."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from numpy.typing import NDArray
from prior_draws import PriorDraws

import bayesdrop as bd
from bayesdrop.posterior.weights import hidden_matrices, mean_absolute_weights, weight_draws

NAMES = ["age", "sex", "weight", "height", "pulse", "sugar", "salt", "noise"]
RELEVANT = {"sex", "height", "sugar"}
T_ARD = bd.ARD(bd.noise.InverseNakagami(shape=0.5, rate=0.1))
QUICK = PriorDraws(num_samples=40)


def simulated(rows: int = 200) -> tuple[pd.DataFrame, NDArray[np.float64]]:
    rng = np.random.default_rng(3)
    X = pd.DataFrame(rng.normal(size=(rows, 8)), columns=NAMES)
    f = 2 * X["sex"] + np.tanh(2 * X["height"]) - 1.5 * X["sugar"]
    return X, (f + 0.2 * rng.normal(size=rows)).to_numpy()


X, Y = simulated()


def fitted(prior: bd.ScaleMixture, method: bd.Inference = QUICK) -> bd.Posterior:
    return bd.fit(bd.Model(bd.MLP(hidden=(6,)), prior), X, Y, method, progress=False)


@pytest.mark.slow
@pytest.mark.parametrize(
    "method",
    [
        bd.VariationalEM(num_epochs=300, num_samples=200),
        bd.SVI(num_steps=2000, num_samples=200),
        bd.NUTS(num_warmup=300, num_samples=300, num_chains=1, max_tree_depth=7),
    ],
)
def test_the_relevant_features_come_first(method: bd.Inference) -> None:
    model = bd.Model(bd.MLP(hidden=(10,)), T_ARD)
    table = bd.fit(model, X, Y, method, progress=False).feature_relevance()
    assert list(table.columns) == ["scale_mean", "scale_low", "scale_high", "weight_rms"]
    assert set(table.index[:3]) == RELEVANT
    assert set(table["weight_rms"].nlargest(3).index) == RELEVANT
    assert table["weight_rms"].iloc[:3].min() > 1.5 * table["weight_rms"].iloc[3:].max()
    assert table["scale_mean"].is_monotonic_decreasing


@pytest.mark.parametrize("form", ["expanded", "hierarchical"])
def test_the_numbers_are_those_of_the_draws(form: str) -> None:
    posterior = fitted(T_ARD, dataclasses.replace(QUICK, form=form))
    draws = posterior.draws
    assert draws is not None
    scale = draws["unit_scale_0"][0]
    weight = draws["weight_0"][0] if form == "hierarchical" else None
    if weight is None:
        weight = scale[:, :, None] * draws["weight_0_base"][0]
    table = posterior.feature_relevance(interval=0.5).loc[NAMES]
    np.testing.assert_allclose(table["scale_mean"], scale.mean(0), rtol=1e-5)
    np.testing.assert_allclose(table["scale_low"], np.quantile(scale, 0.25, axis=0), rtol=1e-5)
    np.testing.assert_allclose(table["scale_high"], np.quantile(scale, 0.75, axis=0), rtol=1e-5)
    rms = np.sqrt((weight**2).mean(-1)).mean(0)
    np.testing.assert_allclose(table["weight_rms"], rms, rtol=1e-5)


def test_noise_of_either_sign_counts_by_its_size() -> None:
    posterior = fitted(bd.ARD(bd.noise.Gaussian()))
    scale = posterior.result.values["unit_scale_0"][0]
    table = posterior.feature_relevance().loc[NAMES]
    np.testing.assert_allclose(table["scale_mean"], np.abs(scale).mean(0), rtol=1e-5)


@pytest.mark.parametrize(
    "prior", [bd.ScaleMixture(), bd.ARD(bd.PerLayer(last=bd.noise.Rayleigh()))]
)
def test_without_noise_on_the_inputs_the_weights_remain(prior: bd.ScaleMixture) -> None:
    table = fitted(prior).feature_relevance()
    assert list(table.columns) == ["weight_rms"]
    assert table["weight_rms"].is_monotonic_decreasing
    assert set(table.index) == set(NAMES)


def test_mc_dropout_has_weights_alone_with_noise_from_its_prior() -> None:
    noise = bd.noise.Bernoulli(keep=0.7)
    posterior = fitted(bd.ARD(noise), PriorDraws(passes=4000))
    z = posterior.result.values["weight_0_base"]
    table = posterior.feature_relevance().loc[NAMES]
    assert list(table.columns) == ["weight_rms"]
    np.testing.assert_allclose(
        table["weight_rms"], 0.7 * np.sqrt((z**2).mean(-1)), rtol=5 * np.sqrt(0.3 / 0.7 / 4000)
    )
    found = mean_absolute_weights(posterior, 0)
    np.testing.assert_allclose(found, 0.7 * np.abs(z), rtol=5 * np.sqrt(0.3 / 0.7 / 4000))


@pytest.mark.parametrize("interval", [0, 1, 90])
def test_an_interval_that_is_none(interval: float) -> None:
    with pytest.raises(ValueError, match="interval must be between 0 and 1"):
        fitted(bd.ScaleMixture()).feature_relevance(interval)


def test_chunks_and_chains_of_weight_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    method = PriorDraws(num_samples=6, num_chains=2)
    noise = bd.noise.Rayleigh()
    model = bd.Model(bd.ResNet(hidden=5, depth=3), bd.ARDADD(noise, noise))
    posterior = bd.fit(model, X, Y, method, progress=False)
    draws = posterior.draws
    assert draws is not None
    assert hidden_matrices(posterior) == (1, 2)
    expected = (
        draws["weight_2_base"]
        * draws["unit_scale_2"][..., None]
        * draws["layer_scale_2"][..., None, None]
    )
    monkeypatch.setattr("bayesdrop.posterior.results.chunks.CHUNK_BYTES", 8 * 25 * 5)
    chunks = list(weight_draws(posterior, 2))
    assert [len(chunk) for chunk in chunks] == [5, 5, 2]
    np.testing.assert_allclose(np.concatenate(chunks), expected.reshape(12, 5, 5), rtol=1e-6)
    np.testing.assert_allclose(
        mean_absolute_weights(posterior, 2, chain=1), np.abs(expected[1]).mean(0), rtol=1e-5
    )
    with pytest.raises(ValueError, match="no chain 2: the fit has 2"):
        next(weight_draws(posterior, 2, chain=2))


# Names


def test_names_of_a_data_frame_are_kept_and_saved(tmp_path: Path) -> None:
    posterior = fitted(T_ARD)
    assert posterior.feature_names == tuple(NAMES)
    posterior.save(tmp_path / "fit.nc")
    loaded = bd.load(tmp_path / "fit.nc")
    assert loaded.feature_names == tuple(NAMES)
    pd.testing.assert_frame_equal(loaded.feature_relevance(), posterior.feature_relevance())


@pytest.mark.usefixtures("uci_data")
def test_boston_s_features_by_name() -> None:
    data = bd.load_dataset("boston")
    model = bd.Model(bd.MLP(hidden=(6,)), T_ARD)
    posterior = bd.fit(
        model, data.X, data.y, QUICK, progress=False, feature_names=data.feature_names
    )
    table = posterior.feature_relevance()
    assert {"CRIM", "RM", "LSTAT"} <= set(table.index)
    scale = posterior.result.values["unit_scale_0"][0, :, data.feature_names.index("RM")]
    assert table.loc["RM", "scale_mean"] == pytest.approx(scale.mean(), rel=1e-5)


def test_a_file_of_before_there_were_names_still_loads(tmp_path: Path) -> None:
    path = tmp_path / "fit.nc"
    fitted(bd.ScaleMixture()).save(path)
    with xr.open_datatree(path, engine="h5netcdf") as tree:
        tree.load()
    header = json.loads(tree.attrs["bayesdrop"])
    del header["feature_names"], tree.attrs["bayesdrop_sha256"]
    tree.attrs["bayesdrop"] = json.dumps(header)
    tree.to_netcdf(path, engine="h5netcdf")
    assert bd.load(path).feature_names == tuple(f"x{i}" for i in range(8))


def test_names_given_or_made() -> None:
    model = bd.Model(bd.MLP(hidden=()))
    made = bd.fit(model, X.to_numpy(), Y, QUICK, progress=False)
    assert made.feature_names[:2] == ("x0", "x1")
    numbered = bd.fit(model, pd.DataFrame(X.to_numpy()), Y, QUICK, progress=False)
    assert numbered.feature_names[:2] == ("0", "1")
    given = bd.fit(model, X, Y, QUICK, progress=False, feature_names=list("abcdefgh"))
    assert given.feature_names == tuple("abcdefgh")


@pytest.mark.parametrize(
    ("names", "error", "words"),
    [
        (["a"], ValueError, "1 feature_names for 8 columns"),
        (list("abcdefgg"), ValueError, "'g' is given twice"),
        ("abcdefgh", TypeError, "one name per column"),
        (list(range(8)), TypeError, "feature_names holds 0: names are strings"),
    ],
)
def test_names_that_do_not_fit(names: list[str], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        bd.fit(bd.Model(bd.MLP()), X, Y, QUICK, progress=False, feature_names=names)


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ([*NAMES[:-1], "other"], f"missing '{NAMES[-1]}', unexpected 'other'"),
        (NAMES[1:], f"missing '{NAMES[0]}', unexpected none"),
    ],
)
def test_some_of_the_columns_alone_are_refused(columns: list[str], words: str) -> None:
    posterior = fitted(bd.ScaleMixture())
    with pytest.raises(ValueError, match=words):
        posterior.predict(X.rename(columns={NAMES[-1]: columns[-1]})[columns])


def test_names_given_at_the_fit_do_not_bind_a_frame_of_others() -> None:
    model, names = bd.Model(bd.MLP(hidden=())), list("abcdefgh")
    posterior = bd.fit(model, X, Y, QUICK, progress=False, feature_names=names)
    assert posterior.predict(X).n_rows == len(X)


def test_columns_in_another_order_are_put_right() -> None:
    posterior = fitted(bd.ScaleMixture())
    turned = posterior.predict(X[NAMES[::-1]])
    np.testing.assert_array_equal(turned.mean, posterior.predict(X).mean)


def test_columns_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="columns of X have one name, 'age' 2 times: rename"):
        bd.fit(bd.Model(bd.MLP()), X.rename(columns={"sex": "age"}), Y, QUICK, progress=False)

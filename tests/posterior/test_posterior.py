"""The posterior: predictions from its draws, chunking, diagnostics, saving and loading."""

from __future__ import annotations

import dataclasses
import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import linear
import numpy as np
import pytest
import xarray as xr

import bayesdrop as bd
from bayesdrop import forward as forward_module
from bayesdrop.noise import HalfNormal, Rayleigh
from bayesdrop.posterior.results import chunks

X, Y = linear.data(rows=40, features=3)
NEW = X[:9] * 1.1
NETWORK = bd.Model(bd.ResNet(4, 2), bd.ARDADD(Rayleigh(1.0), HalfNormal(1.0)))
LINEAR = bd.Model(bd.MLP(()), bd.ARD(Rayleigh(1.0)))  # compiles NUTS in half the time
METHODS: dict[str, bd.Inference] = {
    "nuts": bd.NUTS(30, 25, 2, max_tree_depth=4, centring=None, integrate_noise_scale=False),
    "svi": bd.SVI(num_steps=20, num_samples=50, form="hierarchical", backend="pyro"),
    "mc_dropout": bd.MCDropout(num_epochs=5, num_passes=30),
}


SCALES = {"unit_scale_0", "unit_scale_1", "unit_scale_2", "layer_scale_1"}
SITES = {
    METHODS["nuts"]: {"unit_scale_0", "weight_0_base", "bias_0"},
    METHODS["svi"]: SCALES | {"weight_0", "weight_1", "weight_2", "bias_0", "bias_1", "bias_2"},
    METHODS["mc_dropout"]: SCALES
    | {"weight_0_base", "weight_1_base", "weight_2_base", "bias_0", "bias_1_base", "bias_2"},
}


@cache
def fit_by(method: str) -> bd.Posterior:
    model = LINEAR if method == "nuts" else NETWORK
    return bd.fit(model, X, Y, METHODS[method], seed=7, progress=False)


@pytest.fixture(params=METHODS)
def fitted(request: Any) -> bd.Posterior:
    """One fit by each of the three methods."""
    return fit_by(request.param)


@pytest.fixture(scope="module")
def exact() -> bd.Posterior:
    return bd.fit(linear.model(), X, Y, linear.ExactLinear(num_samples=50), seed=1)


def two_outputs() -> bd.Posterior:
    method = linear.ExactLinear(num_samples=30, num_chains=3)
    return bd.fit(linear.model(), *linear.data(rows=40, features=3, outputs=2), method, seed=1)


# Draws and predictions


def test_draws_and_sites(fitted: bd.Posterior) -> None:
    assert {site.name for site in fitted.sites} == {"noise_scale"} | SITES[fitted.method]
    if isinstance(fitted.inference, bd.MCDropout):
        assert fitted.draws is None
        return
    draws = fitted.draws
    assert draws is not None
    assert set(draws) == {site.name for site in fitted.sites}
    per_chain = {"NUTS": (2, 25), "SVI": (1, 50)}[type(fitted.inference).__name__]
    for site in fitted.sites:
        assert draws[site.name].shape == (*per_chain, *site.shape)
    assert fitted.num_chains == per_chain[0]


def test_predictions_of_every_method(fitted: bd.Posterior) -> None:
    prediction = fitted.predict(NEW)
    assert prediction.mean.shape == prediction.std.shape == (9,)
    assert (
        prediction.n_draws
        == {"NUTS": 50, "SVI": 50, "MCDropout": 30}[type(fitted.inference).__name__]
    )
    assert prediction.n_chains == fitted.num_chains
    for array in prediction.parameters.values():
        assert array.dtype == np.float32
    assert np.isfinite(prediction.log_prob(Y[:9])).all()
    assert np.all(prediction.epistemic_std > 0)


def test_mean_and_standard_deviation_alone(fitted: bd.Posterior) -> None:
    mean, std = fitted.predict(NEW, seed=3, return_std=True)
    whole = fitted.predict(NEW, seed=3)
    np.testing.assert_array_equal(mean, whole.mean)
    np.testing.assert_array_equal(std, whole.std)


def test_predictions_of_draws_do_not_depend_on_the_seed(fitted: bd.Posterior) -> None:
    one, other = (fitted.predict(NEW, seed=seed).draw_means for seed in (0, 1))
    assert np.array_equal(one, other) != isinstance(fitted.inference, bd.MCDropout)


@pytest.mark.parametrize("outputs", [1, 2])
def test_predictions_are_the_network_at_the_draws(exact: bd.Posterior, outputs: int) -> None:
    """By hand, from ``draws``: also that chains follow one another."""
    posterior = exact if outputs == 1 else two_outputs()
    draws = posterior.draws
    assert draws is not None
    design = (NEW - posterior.training.X_original.mean(0)) / posterior.training.X_original.std(0)
    f = np.einsum("rf,cdfo->cdro", design, draws["weight_0"]) + draws["bias_0"][:, :, None]
    y = posterior.training.target.reshape(40, -1)
    expected = (y.mean(0) + y.std(0) * f).reshape(-1, 9, outputs)
    prediction = posterior.predict(NEW)
    found = prediction.draw_means.reshape(-1, 9, outputs)
    np.testing.assert_allclose(found, expected, rtol=1e-4)
    np.testing.assert_allclose(
        prediction.aleatoric_std.reshape(9, outputs) / y.std(0), linear.NOISE_SCALE, rtol=1e-5
    )
    assert prediction.n_chains == posterior.num_chains == (2 if outputs == 1 else 3)


@pytest.mark.parametrize("kibibytes", [0, 1, 4])
def test_chunks_of_draws_do_not_change_the_prediction(
    fitted: bd.Posterior, kibibytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = fitted.predict(NEW, seed=2).parameters
    calls = []
    forward = forward_module.network_output

    def counted(*arguments: Any) -> Any:
        calls.append(arguments)
        return forward(*arguments)

    monkeypatch.setattr(forward_module, "network_output", counted)
    monkeypatch.setattr(chunks, "CHUNK_BYTES", 1024 * kibibytes)
    chunked = fitted.predict(NEW, seed=2).parameters
    assert len(calls) > (2 if kibibytes else 20)
    for name in whole:
        np.testing.assert_allclose(chunked[name], whole[name], rtol=1e-5)


def test_shared_masks_survive_chunks_and_saving(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    method = bd.MCDropout(num_epochs=2, num_passes=30, mask_sharing="shared")
    posterior = bd.fit(NETWORK, X, Y, method, progress=False)
    whole = posterior.predict(NEW).draw_means
    posterior.save(tmp_path / "fit.nc")
    np.testing.assert_array_equal(bd.load(tmp_path / "fit.nc").predict(NEW).draw_means, whole)
    monkeypatch.setattr(chunks, "CHUNK_BYTES", 3000)
    np.testing.assert_allclose(posterior.predict(NEW).draw_means, whole, rtol=1e-5)


# Diagnostics


def test_diagnostics_of_every_method(fitted: bd.Posterior) -> None:
    diagnostics = fitted.diagnose(NEW)
    plain = json.loads(json.dumps(diagnostics.to_dict()))
    assert plain == diagnostics.to_dict()
    if isinstance(fitted.inference, bd.NUTS):
        assert (diagnostics.num_chains, diagnostics.num_draws) == (2, 25)
        assert diagnostics.max_rhat_f is not None
        assert diagnostics.divergences == fitted.sample_stats["diverging"].sum()
        steps = fitted.sample_stats["n_steps"]
        assert steps.max() <= 15  # trees of depth 4
        assert diagnostics.share_at_max_tree_depth == np.mean(steps == 15)
        assert diagnostics.converged is (not diagnostics.problems)
        assert diagnostics.at_X.keys() == {"max_rhat_f", "share_rhat_f_above_1_05", "min_ess_f"}
        assert diagnostics.max_rhat_noise_scale is not None
        assert diagnostics.final_loss is None
        return
    assert diagnostics.max_rhat_f is None
    assert diagnostics.final_loss is not None
    if isinstance(fitted.inference, bd.SVI):
        assert diagnostics.converged is False, "so few steps do not reach the optimum"
        assert "optimum" in diagnostics.summary
    else:
        assert diagnostics.converged is None
        assert "no R-hat" in diagnostics.summary


def test_independent_draws_have_converged() -> None:
    diagnostics = bd.fit(linear.model(), X, Y, linear.ExactLinear(1000)).diagnose()
    assert diagnostics.converged is True
    assert diagnostics.max_rhat_f == pytest.approx(1, abs=0.01)
    assert diagnostics.min_ess_f is not None
    assert 1200 < diagnostics.min_ess_f < 2500
    assert diagnostics.share_rhat_f_above_1_05 == 0
    assert diagnostics.summary == "converged"


def moved(posterior: bd.Posterior, values: dict[str, Any]) -> bd.Posterior:
    """``posterior`` with other draws."""
    assert isinstance(posterior.result, bd.WeightDraws)
    result = dataclasses.replace(posterior.result, values=values)
    return dataclasses.replace(posterior, fit=dataclasses.replace(posterior.fit, result=result))


def test_divergences_are_counted(exact: bd.Posterior) -> None:
    assert isinstance(exact.result, bd.WeightDraws)
    stats = dict(exact.sample_stats)
    stats["diverging"] = np.arange(100).reshape(2, 50) % 30 == 0
    result = dataclasses.replace(exact.result, sample_stats=stats)
    wild = dataclasses.replace(exact, fit=dataclasses.replace(exact.fit, result=result))
    assert exact.diagnose().divergences == 0
    assert wild.diagnose().divergences == 4


def test_a_chain_elsewhere_is_reported(exact: bd.Posterior) -> None:
    values = {name: value.copy() for name, value in exact.result.values.items()}
    values["bias_0"][1] += 3
    diagnostics = moved(exact, values).diagnose()
    assert diagnostics.converged is False
    assert diagnostics.max_rhat_f is not None
    assert diagnostics.max_rhat_f > 1.5
    assert diagnostics.share_rhat_f_above_1_05 == 1
    assert diagnostics.summary.startswith("not converged: R-hat of f(x) is ")


@pytest.mark.parametrize("same", [True, False])
def test_stuck_chains_are_reported(exact: bd.Posterior, same: bool) -> None:
    """Also where they all stand in one place, of which ArviZ's R-hat is not a number."""
    values = {n: np.repeat(v[:, :1], 50, axis=1) for n, v in exact.result.values.items()}
    if same:
        values = {name: np.repeat(value[:1], 2, axis=0) for name, value in values.items()}
    diagnostics = moved(exact, values).diagnose()
    assert diagnostics.converged is False
    assert diagnostics.max_rhat_f == np.inf
    assert diagnostics.share_rhat_f_above_1_05 == 1


def test_one_chain_is_compared_half_with_half() -> None:
    posterior = bd.fit(linear.model(), X, Y, linear.ExactLinear(num_samples=501, num_chains=1))
    diagnostics = posterior.diagnose()
    assert diagnostics.max_rhat_f == pytest.approx(1, abs=0.03)
    values = {name: value.copy() for name, value in posterior.result.values.items()}
    values["bias_0"][:, 250:] += 2
    drifting = moved(posterior, values).diagnose()
    assert drifting.converged is False


# Saving and loading


def same_arrays(left: dict[str, Any], right: dict[str, Any]) -> None:
    assert set(left) == set(right)
    for name, value in left.items():
        np.testing.assert_array_equal(value, right[name])
        assert np.asarray(value).dtype == np.asarray(right[name]).dtype


def test_round_trip(fitted: bd.Posterior, tmp_path: Path) -> None:
    path = tmp_path / "fit.nc"
    fitted.save(path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["fit.nc"]  # nothing beside it
    loaded = bd.load(str(path))
    assert loaded.model == fitted.model
    assert loaded.model.digest == fitted.model.digest
    assert loaded.inference == fitted.inference
    assert loaded.seed == fitted.seed
    np.testing.assert_array_equal(loaded.training.X_original, fitted.training.X_original)
    np.testing.assert_array_equal(loaded.training.target, fitted.training.target)
    same_arrays(loaded.result.values, fitted.result.values)
    same_arrays(loaded.sample_stats, fitted.sample_stats)
    np.testing.assert_array_equal(loaded.fit.losses, fitted.fit.losses)
    assert type(loaded.result) is type(fitted.result)
    assert loaded.bound == fitted.bound
    assert loaded.fit.seconds == fitted.fit.seconds
    assert loaded.fit.info == fitted.fit.info
    if isinstance(fitted.result, bd.StochasticPasses):
        assert loaded.result.num_passes == fitted.result.num_passes
        assert loaded.result.mask_sharing == fitted.result.mask_sharing
    same_arrays(loaded.predict(NEW, seed=3).parameters, fitted.predict(NEW, seed=3).parameters)
    assert loaded.diagnose(NEW) == fitted.diagnose(NEW)


def test_round_trip_of_several_outputs(tmp_path: Path) -> None:
    posterior = two_outputs()
    posterior.save(tmp_path / "two.nc")
    loaded = bd.load(tmp_path / "two.nc")
    assert loaded.training.target.shape == (40, 2)
    same_arrays(loaded.predict(NEW).parameters, posterior.predict(NEW).parameters)


def test_learned_parameters_of_draws_are_saved(exact: bd.Posterior, tmp_path: Path) -> None:
    model = linear.model(HalfNormal(bd.Learned(0.3)))
    bound = exact.training.bound_to(model, "expanded")
    values = {site.name: np.full((1, 20, *site.shape), 0.5, np.float32) for site in bound.sites}
    draws = bd.WeightDraws(values, learned={"unit_scale_0_scale": 0.7})
    posterior = dataclasses.replace(exact, bound=bound, fit=bd.Fit(draws))
    posterior.save(tmp_path / "fit.nc")
    assert bd.load(tmp_path / "fit.nc").learned == {"unit_scale_0_scale": 0.7}


def test_saving_where_it_can_not_be(exact: bd.Posterior, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"there is no folder .*nowhere to write fit\.nc"):
        exact.save(tmp_path / "nowhere" / "fit.nc")
    with pytest.raises(IsADirectoryError, match="is a folder: give a file"):
        exact.save(tmp_path)


def test_saving_replaces_what_was_there(exact: bd.Posterior, tmp_path: Path) -> None:
    path = tmp_path / "fit.nc"
    path.write_text("old")
    exact.save(path)
    assert bd.load(path).seed == exact.seed


@pytest.mark.parametrize("fails", ["fsync", "replace"])
def test_a_failed_write_leaves_the_old_file(
    exact: bd.Posterior, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    path = tmp_path / "fit.nc"
    exact.save(path)
    before = path.read_bytes()

    def disk_full(*_: Any) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(os, fails, disk_full)
    with pytest.raises(OSError, match="no space left"):
        two_outputs().save(path)
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["fit.nc"]


def test_loading_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"no file .*nowhere.nc"):
        bd.load(tmp_path / "nowhere.nc")
    with pytest.raises(FileNotFoundError, match="no file"):
        bd.load(tmp_path)


@pytest.mark.parametrize("content", [b"", b"not netCDF at all", b"\x89HDF\r\n\x1a\n" + bytes(50)])
def test_loading_what_is_not_netcdf(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other.nc"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"other.nc is not a netCDF file"):
        bd.load(path)


def test_loading_a_truncated_file(exact: bd.Posterior, tmp_path: Path) -> None:
    path = tmp_path / "cut.nc"
    exact.save(path)
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(ValueError, match=r"cut.nc is not a netCDF file"):
        bd.load(path)


def test_loading_netcdf_of_others(tmp_path: Path) -> None:
    path = tmp_path / "weather.nc"
    xr.Dataset({"rain": ("day", np.arange(3.0))}).to_netcdf(path, engine="h5netcdf")
    with pytest.raises(ValueError, match=r"weather.nc was not written by bayesdrop"):
        bd.load(path)


def changed_header(path: Path, **changes: Any) -> None:
    with xr.open_datatree(path, engine="h5netcdf") as tree:
        tree.load()
    header = json.loads(tree.attrs["bayesdrop"])
    tree.attrs["bayesdrop"] = json.dumps(header | changes)
    del tree.attrs["bayesdrop_sha256"]  # of what was there before
    tree.to_netcdf(path, engine="h5netcdf")


def test_loading_a_later_format(exact: bd.Posterior, tmp_path: Path) -> None:
    path = tmp_path / "fit.nc"
    exact.save(path)
    changed_header(path, format=99)
    with pytest.raises(ValueError, match=r"later bayesdrop .*99"):
        bd.load(path)


def test_loading_a_model_of_classes_that_are_not_here(exact: bd.Posterior, tmp_path: Path) -> None:
    path = tmp_path / "fit.nc"
    exact.save(path)
    changed_header(path, inference={"type": "inference:Theirs", "num_steps": 3})
    with pytest.raises(LookupError, match=r"'inference:Theirs'.*import the module"):
        bd.load(path)

"""Every kind of method on networks of images and sequences: a fit that can be saved, or why not."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import bayesdrop as bd
from bayesdrop.infer.engine import compiled
from bayesdrop.infer.engine.compiler_options import compiler_options

NOISE, MASKS = bd.noise.InverseNakagami(3.0, 3.0), bd.noise.Bernoulli(0.8)
MODELS = {
    "ConvNet": bd.Model(bd.ConvNet((3,), 3, 2, (4,)), bd.ARD(NOISE)),
    "ConvResNet": bd.Model(bd.ConvResNet(3, 2), bd.ARDADD(NOISE, NOISE)),
    "Recurrent": bd.Model(bd.Recurrent(3, "lstm"), bd.ARD(NOISE)),
}
CHAINS: dict[str, Any] = {"num_samples": 10, "num_chains": 2}
METHODS: dict[str, bd.Inference] = {
    "NUTS": bd.NUTS(num_warmup=10, max_tree_depth=3, **CHAINS),
    "MCLMC": bd.MCLMC(num_warmup=100, steps_per_draw=2, training_steps=20, **CHAINS),
    "SGHMC": bd.SGHMC(num_warmup=20, steps_per_draw=5, training_steps=20, **CHAINS),
    "SVI in NumPyro": bd.SVI(num_steps=20),
    "SVI in Pyro": bd.SVI(num_steps=20, backend="pyro"),
    "SVI by the dropout guide": bd.SVI(num_steps=20, guide="dropout"),
    "MAP": bd.MAP(num_steps=20),
    "ensemble": bd.DeepEnsemble(num_members=2, num_steps=20),
    "Laplace": bd.Laplace(num_steps=20),
    "Laplace of the last layer": bd.Laplace(subset="last_layer", num_steps=20),
    "dropout, a mask a row": bd.MCDropout(num_epochs=5, num_passes=10),
    "dropout, shared masks": bd.MCDropout(num_epochs=5, num_passes=10, mask_sharing="shared"),
    "dropout, several masks": bd.MCDropout(num_epochs=5, num_passes=10, masks=3),
}
OF_CHANNELS: dict[str, tuple[bd.Inference, bd.Model]] = {
    name: (method, MODELS["ConvNet"])
    for name, method in {
        "ChEES": bd.ChEES(num_warmup=10, training_steps=20, **CHAINS),
        "GibbsHMC": bd.GibbsHMC(num_warmup=10, max_tree_depth=3, **CHAINS),
        "HMC": bd.HMC(num_warmup=10, num_steps=5, **CHAINS),
        "SMC": bd.SMC(num_particles=16, num_runs=2, target_ess=0.5, num_mcmc_steps=1),
        "SteinVI": bd.SteinVI(num_particles=4, num_steps=20),
        "SVI by a flow": bd.SVI(num_steps=20, guide="flow"),
        "SVI of low rank": bd.SVI(num_steps=20, guide="low_rank"),
        "SVI by the structured guide": bd.SVI(num_steps=20, guide="structured"),
        "SVI in the hierarchical form": bd.SVI(num_steps=20, form="hierarchical"),
        "SVI in the marginal form": bd.SVI(num_steps=20, form="marginal"),
        "dropout, tail-adaptive": bd.MCDropout(
            num_epochs=5, num_passes=10, masks=3, weighting="tail-adaptive"
        ),
    }.items()
}
"""Methods on convolutions alone, and those that need another noise or target."""
OF_CHANNELS["NUTS, masks enumerated"] = (
    bd.NUTS(num_warmup=10, max_tree_depth=3, discrete="enumerate", **CHAINS),
    bd.Model(bd.ConvNet((3,), 3, 2, (4,)), bd.ScaleMixture(unit=bd.PerLayer(last=MASKS))),
)
OF_CHANNELS["NUTS, masks by Gibbs"] = (
    bd.NUTS(num_warmup=10, max_tree_depth=3, discrete="gibbs", **CHAINS),
    OF_CHANNELS["NUTS, masks enumerated"][1],
)
QUICK = {("dropout, a mask a row", "ConvNet"), ("dropout, a mask a row", "Recurrent")}
PLAIN = bd.Model(bd.ConvNet((3,), 3, 2, (4,)))


def data(model: str) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    X = rng.normal(3, 2, size=(30, 5, 2) if model == "Recurrent" else (30, 6, 6, 2))
    return X, X.reshape(30, -1)[:, :3].sum(1) + 0.1 * rng.normal(size=30)


PAIRS = [
    pytest.param(method, model, marks=() if (method, model) in QUICK else pytest.mark.slow)
    for method in METHODS
    for model in MODELS
]


@pytest.fixture
def optimised(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the tests leave out to be quick: without it XLA's older code makes NaN of these."""
    options = {**compiler_options(), "xla_backend_optimization_level": "1"}
    monkeypatch.setattr(compiled, "compiler_options", lambda: options)


@pytest.mark.parametrize(("method", "model"), PAIRS)
@pytest.mark.usefixtures("programs_of_its_own")
def test_it_fits_predicts_and_is_saved(
    method: str, model: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if method == "SVI in NumPyro":
        request.getfixturevalue("optimised")
    X, y = data(model)
    post = bd.fit(MODELS[model], X, y, METHODS[method], progress=False)
    pred = post.predict(X[:7])
    assert np.isfinite(pred.mean).all()
    assert (pred.std > 0).all()
    post.save(tmp_path / "fit.nc")
    again = bd.load(tmp_path / "fit.nc")
    np.testing.assert_array_equal(again.predict(X[:7]).mean, pred.mean)
    assert again.bound.input_shape == X.shape[1:]


@pytest.mark.slow
@pytest.mark.parametrize("name", OF_CHANNELS)
@pytest.mark.usefixtures("programs_of_its_own", "optimised")
def test_other_methods_fit_convolutions(name: str) -> None:
    method, model = OF_CHANNELS[name]
    X, y = data("ConvNet")
    pred = bd.fit(model, X, y, method, progress=False).predict(X[:7])
    assert np.isfinite(pred.mean).all()
    assert (pred.std > 0).all()


@pytest.mark.slow
@pytest.mark.parametrize("method", ["NUTS", "SVI in Pyro", "dropout, a mask a row"])
@pytest.mark.usefixtures("programs_of_its_own")
def test_images_of_classes(method: str) -> None:
    model = dataclasses.replace(MODELS["ConvNet"], likelihood=bd.Categorical(3))
    X, y = data("ConvNet")
    labels = np.digitize(y, np.quantile(y, [1 / 3, 2 / 3]))
    pred = bd.fit(model, X, labels, METHODS[method], progress=False).predict(X[:7])
    np.testing.assert_allclose(pred.probabilities.sum(1), 1, rtol=1e-5)
    assert pred.probabilities.shape == (7, 3)


@pytest.mark.parametrize(
    ("method", "model", "words"),
    [
        (bd.VariationalEM(), MODELS["ConvNet"], "uses a weight at several places.*bd.SVI"),
        (bd.PBP(), PLAIN, "moments pass through the layers of a bd.MLP"),
        (bd.NNGP(), PLAIN, "is not known here"),
        (bd.GP(), PLAIN, "takes images or sequences.*bd.NUTS"),
        (bd.HistGradientBoosting(), PLAIN, "takes images or sequences"),
    ],
)
def test_refusals(method: bd.Inference, model: bd.Model, words: str) -> None:
    with pytest.raises(bd.UnsupportedModelError, match=words):
        bd.fit(model, *data("ConvNet"), method, progress=False)


@dataclasses.dataclass(frozen=True)
class MeanOverPlaces(bd.Network):
    """One unit, averaged over all the features, of which it sees one at a time."""

    @property
    def residual(self) -> tuple[bool, ...]:
        return (False, False)

    def layers(self, input_shape: tuple[int, ...], n_outputs: int) -> tuple[bd.Layer, ...]:
        return bd.Layer(1, 1), bd.Layer(1, n_outputs)

    def forward(self, x: Any, linear: Any) -> Any:
        places = x.reshape((*x.shape[:-2], -1, 1))
        h = linear(0, places)
        h = h.reshape((*h.shape[:-2], *x.shape[-2:]))
        return linear(1, h.sum(-1)[..., None] / x.shape[-1])


def test_em_sees_that_a_network_of_ones_own_shares_weights() -> None:
    model = bd.Model(MeanOverPlaces(), bd.ARD(NOISE))
    rng = np.random.default_rng(0)
    X = rng.normal(size=(20, 16))
    assert not model.network.shares_weights
    assert model.bind(16).shares_weights
    assert not bd.Model(bd.MLP()).bind(16).shares_weights
    with pytest.raises(bd.UnsupportedModelError, match="uses a weight at several places"):
        bd.fit(model, X, X.mean(1), bd.VariationalEM(num_epochs=2), progress=False)


def test_channels_are_standardised_over_all_places() -> None:
    X, y = data("ConvNet")
    scaled = bd.TrainingData.of(X, y, True)
    assert scaled.scaling.x_shift.shape == (2,)
    np.testing.assert_allclose(scaled.X_standardised.mean((0, 1, 2)), 0, atol=1e-6)
    np.testing.assert_allclose(scaled.X_standardised.std((0, 1, 2)), 1, rtol=1e-6)


def test_features_are_standardised_over_all_times() -> None:
    X, y = data("Recurrent")
    X = X * [1.0, 100.0] + [0.0, 5.0]
    scaled = bd.TrainingData.of(X, y, True)
    assert scaled.scaling.x_shift.shape == (2,)
    np.testing.assert_allclose(scaled.X_standardised.mean((0, 1)), 0, atol=1e-6)
    np.testing.assert_allclose(scaled.X_standardised.std((0, 1)), 1, rtol=1e-6)


def test_rows_of_another_shape_are_refused() -> None:
    X, y = data("ConvNet")
    post = bd.fit(MODELS["ConvNet"], X, y, METHODS["dropout, shared masks"], progress=False)
    with pytest.raises(ValueError, match=r"X has rows of shape \(6, 6, 1\).*rows of \(6, 6, 2\)"):
        post.predict(X[..., :1])
    with pytest.raises(ValueError, match="images"):
        bd.fit(MODELS["ConvNet"], X[:, 0, 0], y, METHODS["MAP"], progress=False)
    with pytest.raises(ValueError, match=r"sequences \(rows, time, features\) or images"):
        bd.fit(MODELS["ConvNet"], X[..., None], y, METHODS["MAP"], progress=False)

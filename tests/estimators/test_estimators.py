"""The estimators give what `bd.fit` gives, and work in scikit-learn's tools."""

from __future__ import annotations

import pickle
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from joblib import Parallel, delayed
from prior_draws import PriorDraws
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.exceptions import NotFittedError
from sklearn.feature_selection import SelectFromModel
from sklearn.inspection import PartialDependenceDisplay, permutation_importance
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import bayesdrop as bd
from bayesdrop import catalog
from bayesdrop.estimators import defaults

mpl.use("Agg")

MASKS = bd.noise.Bernoulli(0.95)
MODEL = bd.Model(bd.MLP((20,)), bd.ARD(MASKS))
DROPOUT = bd.MCDropout(num_epochs=60, learning_rate=0.02, num_passes=20, mask_sharing="shared")
PRIOR = PriorDraws(num_samples=5)
CLASSES = bd.Model(MODEL.network, MODEL.prior, bd.Bernoulli())


def regressor(**settings: Any) -> bd.Regressor:
    return bd.Regressor(**{"model": MODEL, "inference": DROPOUT, **settings})


def classifier(**settings: Any) -> bd.Classifier:
    return bd.Classifier(**{"model": CLASSES, "inference": DROPOUT, **settings})


def diabetes(rows: int = 120) -> tuple[pd.DataFrame, pd.Series]:
    X, y = load_diabetes(return_X_y=True, as_frame=True)
    return X[:rows], y[:rows]


def cancer(rows: int = 120) -> tuple[Any, Any]:
    found: Any = load_breast_cancer()
    return found.data[:rows], found.target_names[found.target[:rows]]


def test_a_regressor_gives_what_fit_gives() -> None:
    X, y = diabetes()
    found = regressor(random_state=3).fit(X, y)
    post = bd.fit(MODEL, X, y, DROPOUT, seed=3, progress=False)
    pred = post.predict(X)
    np.testing.assert_array_equal(found.predict(X), pred.mean)
    mean, std = found.predict(X, return_std=True)
    np.testing.assert_array_equal(np.stack([mean, std]), np.stack([pred.mean, pred.std]))
    np.testing.assert_array_equal(found.predict_interval(X, 0.8).T, pred.interval(0.8))
    quantiles = found.predict_quantiles(X, (0.1, 0.5))
    assert quantiles.shape == (len(X), 2)
    np.testing.assert_array_equal(quantiles.T, pred.quantile([0.1, 0.5]))
    assert found.score(X, y) > 0.5


def test_several_outputs() -> None:
    X, y = diabetes()
    both = np.column_stack([y, -y])
    found = regressor().fit(X, both)
    assert found.predict(X).shape == both.shape
    assert found.predict_interval(X).shape == (*both.shape, 2)
    assert found.predict_quantiles(X, (0.1, 0.5, 0.9)).shape == (*both.shape, 3)


def test_outputs_keep_their_names() -> None:
    X, y = diabetes()
    both = pd.DataFrame({"up": y, "down": -y})
    found = regressor().fit(X, both)
    scores = bd.evaluate(found.predict_distribution(X), both)
    assert bd.evaluate(found.predict_distribution(X), both[["down", "up"]]) == scores
    assert "rmse[down]" in scores
    assert regressor().fit(X, y).posterior_.target.names == ("target",)


def test_a_target_too_large_for_squares_has_no_score() -> None:
    X, y = diabetes()
    found = regressor().fit(X, y)
    with pytest.raises(ValueError, match=r"y has numbers up to .*e.*: their squares are beyond"):
        found.score(X, y * 1e200)
    with pytest.raises(ValueError, match="their squares are beyond float64"):
        bd.evaluate(found.predict_distribution(X), y * 1e200)
    with pytest.raises(ValueError, match="their squares are beyond float64"):
        bd.evaluate(found.predict_distribution(X), y.replace(y.iloc[0], np.inf))


def test_labels_are_those_of_the_posterior() -> None:
    X, y = cancer()
    found = classifier().fit(X, y)
    distribution = found.predict_distribution(X)
    assert found.posterior_.classes.tolist() == found.classes_.tolist()
    np.testing.assert_array_equal(distribution.predicted_class, found.predict(X))
    assert bd.evaluate(distribution, y)["accuracy"] == found.score(X, y)
    named = pd.DataFrame(X).add_prefix("x")
    found.fit(named, y).score(named, y)
    assert found.feature_names_in_.tolist() == list(named.columns)
    assert "probability_malignant" in distribution.to_frame()


@pytest.mark.parametrize("kind", [int, float, np.uint8, "U9"])
def test_labels_have_the_type_of_the_target(kind: Any) -> None:
    X, _ = cancer()
    y = (np.arange(len(X)) % 2 + 1).astype(kind)
    found = classifier().fit(X, y)
    assert found.classes_.dtype == y.dtype
    assert set(found.predict(X)) <= set(y)


def test_a_class_that_no_row_has() -> None:
    X, _ = cancer()
    three = bd.Model(MODEL.network, MODEL.prior, bd.Categorical(3))
    y = np.arange(len(X)) % 2 + 1
    found = classifier(model=three).fit(X, y)
    assert found.classes_.tolist() == [0, 1, 2]
    assert found.predict_proba(X).shape == (len(X), 3)
    assert set(found.predict(X)) <= {0, 1, 2}


@pytest.mark.parametrize(
    ("estimator", "words"),
    [
        (regressor(model=CLASSES), "Regressor got a model of classes.*use bd.Classifier"),
        (classifier(model=MODEL), "Classifier got a model of numbers.*use bd.Regressor"),
    ],
)
def test_a_model_of_the_other_kind_is_refused(estimator: Any, words: str) -> None:
    X, y = diabetes(20)
    with pytest.raises(ValueError, match=words):
        estimator.fit(X, np.arange(len(y)) % 2)


@pytest.mark.parametrize("model", ["mlp", bd.MLP()])
def test_what_is_no_model_is_refused(model: Any) -> None:
    with pytest.raises(TypeError, match=r"model must be a bd\.Model"):
        bd.Regressor(model).fit(*diabetes(20))


def test_a_classifier_predicts_labels() -> None:
    X, y = cancer()
    found = classifier().fit(X, y)
    assert found.classes_.tolist() == ["benign", "malignant"]
    probabilities = found.predict_proba(X)
    np.testing.assert_allclose(probabilities.sum(1), 1)
    np.testing.assert_array_equal(found.predict(X), found.classes_[probabilities.argmax(1)])
    assert found.score(X, y) > 0.9


def test_weights_of_rows() -> None:
    X, y = diabetes()
    weight = np.where(np.arange(len(y)) % 3, 1.0, 2.0)
    found = regressor().fit(X, y, sample_weight=weight)
    post = bd.fit(MODEL, X, y, DROPOUT, progress=False, sample_weight=weight)
    np.testing.assert_array_equal(found.predict(X), post.predict(X).mean)
    weight[:20] = 0
    half = regressor().fit(X, y, sample_weight=weight)
    some = regressor().fit(X[20:], y[20:], sample_weight=weight[20:])
    np.testing.assert_array_equal(half.predict(X), some.predict(X))


def test_the_default_likelihood_suits_the_classes() -> None:
    X, y = cancer()
    two = bd.Classifier(inference=DROPOUT).fit(X, y)
    assert two.posterior_.model.likelihood == bd.Bernoulli()
    three = bd.Classifier(inference=DROPOUT).fit(X, np.arange(len(y)) % 3)
    assert three.posterior_.model.likelihood == bd.Categorical(3)
    with pytest.raises(ValueError, match="one class, 'benign'"):
        bd.Classifier().fit(X, ["benign"] * len(y))


@pytest.mark.parametrize(
    ("model", "rows", "method"),
    [
        (defaults.default_model(), 2000, bd.MCLMC),
        (defaults.default_model(), 2001, bd.DeepEnsemble),
        (bd.Model(bd.MLP(), bd.ARD(MASKS)), 2000, bd.MCDropout),
        (bd.Model(bd.ResNet(), bd.ARDADD(bd.noise.HalfCauchy(), MASKS)), 2001, bd.SVI),
    ],
)
def test_the_default_method_depends_on_the_rows_and_the_model(
    model: bd.Model, rows: int, method: type[bd.Inference]
) -> None:
    found = defaults.default_inference(model, rows)
    assert type(found) is method
    assert found.supports(model) is None


def test_a_model_that_no_default_can_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(defaults, "_INSTEAD", ())
    with pytest.raises(bd.UnsupportedModelError, match=r"none of the default.*MCLMC: .*Bernoulli"):
        defaults.default_inference(MODEL, 10)


def test_the_default_model_is_that_of_the_command() -> None:
    from bayesdrop.commands.defaults import MODEL as NAME

    assert defaults.default_model() == catalog.load("models", NAME).value


def test_fields_of_model_and_method_are_parameters() -> None:
    found = regressor()
    assert found.get_params()["model__network__hidden"] == (20,)
    assert "model__network__hidden" not in found.get_params(deep=False)
    found.set_params(model__network__hidden=(5, 5), inference__num_epochs=2)
    assert found.model.network == bd.MLP((5, 5))
    assert found.inference.num_epochs == 2
    assert DROPOUT.num_epochs == 60
    with pytest.raises(ValueError, match=r"MLP has no such field: unknown field 'widths'.*hidden"):
        found.set_params(model__network__widths=3)
    with pytest.raises(ValueError, match="Invalid parameter 'modell'"):
        found.set_params(modell=MODEL)
    with pytest.raises(
        ValueError, match=r"inference is None, its default.*Regressor\(inference=\.\.\.\)"
    ):
        bd.Regressor().set_params(inference__num_samples=10)


def test_a_grid_search() -> None:
    X, y = diabetes()
    grid = {"model__network__hidden": [(5,), (20,)], "inference__learning_rate": [1e-5, 0.02]}
    search = GridSearchCV(regressor(), grid, cv=2).fit(X, y)
    assert search.best_params_["inference__learning_rate"] == 0.02
    assert search.best_estimator_.posterior_.model.network.hidden in ((5,), (20,))


def test_a_pipeline_with_columns_of_text() -> None:
    X, y = diabetes()
    X = X.assign(sex=np.where(X["sex"] > 0, "female", "male"))
    columns = ColumnTransformer([("sex", OneHotEncoder(), ["sex"])], remainder=StandardScaler())
    scores = cross_val_score(make_pipeline(columns, regressor()), X, y, cv=2)
    assert scores.min() > 0.1
    itself = regressor().fit(X, y)
    assert itself.n_features_in_ == X.shape[1]
    assert itself.predict(X).shape == (len(X),)
    np.testing.assert_allclose(itself.feature_importances_.sum(), 1)
    assert itself.feature_importances_.shape == (X.shape[1],)


def test_columns_in_another_order_are_an_error_as_in_scikit_learn() -> None:
    X, y = diabetes()
    found = regressor().fit(X, y)
    with pytest.raises(ValueError, match="feature names"):
        found.predict(X[X.columns[::-1]])


def test_missing_values_by_indicators() -> None:
    X, y = diabetes()
    X = X.mask(np.random.default_rng(0).random(X.shape) < 0.1)
    with pytest.raises(ValueError, match="lacks"):
        regressor().fit(X, y)
    for rows in (X, X.to_numpy()):
        found = regressor(missing="indicator").fit(rows, y)
        assert np.isfinite(found.predict(rows)).all()
        assert found.feature_importances_.shape == (X.shape[1],)


def test_inspection() -> None:
    X, y = diabetes()
    found = regressor().fit(X, y)
    importances = permutation_importance(found, X, y, n_repeats=2, random_state=0)
    assert importances.importances_mean[X.columns.get_loc("bmi")] > 0
    display = PartialDependenceDisplay.from_estimator(found, X, ["bmi"], grid_resolution=5)
    assert display.pd_results[0]["average"].shape == (1, 5)
    chosen = SelectFromModel(regressor(), threshold="median").fit_transform(X, y)
    assert chosen.shape[1] == X.shape[1] // 2


def test_importances_are_there_after_a_fit_with_weights() -> None:
    X, y = diabetes()
    assert not hasattr(regressor(), "feature_importances_")
    trees = bd.Regressor(bd.Model(bd.MLP((20,)), bd.ScaleMixture()), bd.HistGradientBoosting())
    assert not hasattr(trees.fit(X, y), "feature_importances_")
    found = regressor().fit(X, y)
    relevance = found.posterior_.feature_relevance().iloc[:, 0]
    best = X.columns[found.feature_importances_.argmax()]
    assert best == relevance.index[0]


def test_calibration_on_held_out_rows() -> None:
    X, y = cancer()
    found = CalibratedClassifierCV(classifier(), cv=2).fit(X, y)
    assert found.predict_proba(X).shape == (len(X), 2)


def test_copies_predict_alike() -> None:
    X, y = diabetes()
    found = regressor().fit(X, y)
    again = pickle.loads(pickle.dumps(found))
    np.testing.assert_array_equal(again.predict(X), found.predict(X))
    anew = clone(found)
    with pytest.raises(NotFittedError):
        anew.predict(X)
    np.testing.assert_array_equal(anew.fit(X, y).predict(X), found.predict(X))


@pytest.mark.parametrize("backend", [pytest.param("loky", marks=pytest.mark.slow), "threading"])
def test_fits_side_by_side_are_those_of_one_after_the_other(backend: str) -> None:
    X, y = diabetes()
    seeds = range(4)
    alone = [regressor(random_state=seed).fit(X, y).predict(X) for seed in seeds]
    fits = Parallel(n_jobs=2, backend=backend)(
        delayed(regressor(random_state=seed).fit)(X, y) for seed in seeds
    )
    np.testing.assert_array_equal([found.predict(X) for found in fits], alone)


def test_a_seed_drawn_anew() -> None:
    X, y = diabetes(40)
    first, second = (regressor(random_state=None).fit(X, y).predict(X) for _ in range(2))
    assert not np.array_equal(first, second)
    state = np.random.RandomState(0)
    seeds = {regressor(random_state=state).fit(X, y).posterior_.seed for _ in range(2)}
    assert len(seeds) == 2


def test_what_a_masked_array_hides_is_refused_or_marked() -> None:
    X, y = (np.asarray(part) for part in cancer(40))
    hidden = np.zeros(X.shape, dtype=bool)
    hidden[3, 1] = True
    found = classifier(missing="indicator", inference=PRIOR).fit(np.ma.array(X, mask=hidden), y)
    assert found.posterior_.feature_names[2] == "x1 missing"
    np.testing.assert_array_equal(
        found.predict_proba(np.ma.array(X, mask=hidden)),
        found.predict_proba(np.where(hidden, np.nan, X)),
    )
    labels, numbers = np.ma.array(y, mask=hidden[:, 1]), np.ma.array(X[:, 0], mask=hidden[:, 1])
    refused = {
        "X of a fit": lambda: classifier().fit(np.ma.array(X, mask=hidden), y),
        "labels": lambda: classifier().fit(X, labels),
        "numbers": lambda: regressor().fit(X, numbers),
        "weights": lambda: regressor().fit(X, X[:, 0], sample_weight=numbers),
        "scored labels": lambda: found.score(X, labels),
        "scored numbers": lambda: regressor(inference=PRIOR).fit(X, X[:, 0]).score(X, numbers),
    }
    for what, call in refused.items():
        with pytest.raises(ValueError, match="contains NaN"):
            pytest.fail(f"{what}: {call()}")

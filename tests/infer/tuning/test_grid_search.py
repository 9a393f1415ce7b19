"""Grid search: which rows it sees, what it chooses, and what it leaves to the method.

The method is ridge regression by NumPy, so that every score can be computed again by hand.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import linear
import numpy as np
import pytest
from scipy.stats import norm

import bayesdrop as bd
from bayesdrop.bound import BoundModel
from bayesdrop.data.training import TrainingData
from bayesdrop.infer.base import Job
from bayesdrop.posterior.results.fit import Fit
from bayesdrop.posterior.results.weight_draws import WeightDraws
from bayesdrop.progress import Progress
from bayesdrop.spec import digest, from_dict, to_dict

X, Y = linear.data()
MODEL = bd.Model(bd.MLP(hidden=()))
KEEP = "model.prior.unit.keep"
STRENGTHS = (0.1, 3.0, 30.0, 300.0)


@dataclass(frozen=True)
class Ridge(bd.Inference):
    """Ridge regression of standardised rows, which notes what it was given."""

    strength: float = 1.0
    noise: float = 0.5
    seen: ClassVar[list[Job]] = []

    def __post_init__(self) -> None:
        if self.strength < 0:
            raise ValueError(f"Ridge(strength={self.strength}): not below 0")

    def supports(self, model: bd.Model) -> str | None:
        return "it has noise" if model.prior.unit else None

    def run(self, bound: BoundModel, data: TrainingData, seed: int, progress: Progress) -> Fit:
        self.seen.append(Job(self, bound, data, seed))
        inputs, target = data.X_standardised, data.y_standardised
        gram = inputs.T @ inputs + self.strength * np.eye(inputs.shape[1])
        w = np.linalg.solve(gram, inputs.T @ target)
        values = {"weight_0": w, "bias_0": np.zeros(1), "noise_scale": np.full(1, self.noise)}
        return Fit(
            WeightDraws({name: value[None, None] for name, value in values.items()}),
            seconds={"compile": 0.25, "run": 1.0},
            info={"device": "paper"},
        )


@pytest.fixture(autouse=True)
def seen() -> list[Job]:
    Ridge.seen.clear()
    return Ridge.seen


def search(method: bd.Inference | None = None, **changes: Any) -> bd.GridSearch:
    settings = {"grid": {"inference.strength": STRENGTHS}} | changes
    return bd.GridSearch(method or Ridge(), **settings)


def fitted(method: bd.Inference, model: bd.Model = MODEL, seed: int = 0) -> bd.Posterior:
    return bd.fit(model, X, Y, method, seed=seed, progress=False)


def dropout(keep: float = 0.9, hidden: tuple[int, ...] = (4,)) -> bd.Model:
    return bd.Model(bd.MLP(hidden), bd.ARD(bd.noise.Bernoulli(keep)))


# Rows


def test_the_last_fifth_scores_and_the_rest_is_standardised_by_itself(seen: list[Job]) -> None:
    fitted(search())
    count = int(0.8 * len(X))
    assert len(seen) == len(STRENGTHS) + 1
    for job in seen[:-1]:
        np.testing.assert_array_equal(job.data.X_original, X[:count])
        np.testing.assert_allclose(
            job.data.X_standardised, linear.standardised(X[:count]), atol=1e-5
        )
        np.testing.assert_allclose(
            job.data.y_standardised, linear.standardised(Y[:count]), atol=1e-5
        )
    np.testing.assert_array_equal(seen[-1].data.X_original, X)
    np.testing.assert_allclose(seen[-1].data.X_standardised, linear.standardised(X), atol=1e-5)


def test_held_out_rows_change_no_trial(seen: list[Job]) -> None:
    fitted(search())
    other_X, other_Y = X.copy(), Y.copy()
    other_X[int(0.8 * len(X)) :] *= 100
    other_Y[int(0.8 * len(X)) :] += 1e4
    bd.fit(MODEL, other_X, other_Y, search(), progress=False)
    first, second = seen[: len(STRENGTHS)], seen[len(STRENGTHS) + 1 : -1]
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one.data.X_standardised, other.data.X_standardised)
        np.testing.assert_array_equal(one.data.y_standardised, other.data.y_standardised)


def test_random_rows_are_drawn_from_the_seed(seen: list[Job]) -> None:
    def training_rows(seed: int) -> set[tuple[float, ...]]:
        seen.clear()
        fitted(search(validation=0.25, validation_rows="random"), seed=seed)
        return {tuple(row) for row in seen[0].data.X_original}

    rows = training_rows(3)
    assert len(rows) == int(0.75 * len(X))
    assert rows <= {tuple(row) for row in X}
    assert rows == training_rows(3)
    assert rows != training_rows(4)
    assert rows != {tuple(row) for row in X[: len(rows)]}


@pytest.mark.parametrize(("validation", "words"), [(0.99, "train on"), (1e-18, "validate on")])
def test_a_part_without_rows(validation: float, words: str) -> None:
    with pytest.raises(ValueError, match=f"leave no row to {words}"):
        fitted(search(validation=validation))


# The choice


def by_hand(strength: float, noise: float, score: str) -> float:
    """The score of ridge regression on the last fifth, in original units."""
    count = int(0.8 * len(X))
    inputs, target = linear.standardised(X[:count]), linear.standardised(Y[:count])[:, 0]
    w = np.linalg.solve(inputs.T @ inputs + strength * np.eye(X.shape[1]), inputs.T @ target)
    shift, scale = Y[:count].mean(), Y[:count].std()
    mean = shift + scale * ((X[count:] - X[:count].mean(0)) / X[:count].std(0)) @ w
    if score == "rmse":
        return float(np.sqrt(np.mean((Y[count:] - mean) ** 2)))
    return -float(np.mean(norm.logpdf(Y[count:], mean, noise * scale)))


@pytest.mark.parametrize("score", ["nll", "rmse"])
def test_the_best_point_is_that_of_the_scores_computed_by_hand(score: Any) -> None:
    noises = (0.05, 0.3, 2.0)
    grid = {"inference.strength": STRENGTHS, "inference.noise": noises}
    info = fitted(search(grid=grid, score=score)).fit.info
    points = [(s, n) for s in STRENGTHS for n in noises]
    expected = [by_hand(*point, score) for point in points]
    np.testing.assert_allclose(info["grid"][score], expected, rtol=1e-4)
    assert len(set(np.round(expected, 6))) == (len(points) if score == "nll" else len(STRENGTHS))
    best = points[int(np.argmin(expected))]
    assert info["chosen"] == {"inference.strength": best[0], "inference.noise": best[1]}
    assert [tuple(p.values()) for p in info["grid"]["points"]] == points
    assert info["device"] == "paper"


def test_the_fit_is_that_of_the_chosen_settings_on_all_rows(seen: list[Job]) -> None:
    posterior = fitted(search(), seed=5)
    strength = posterior.fit.info["chosen"]["inference.strength"]
    assert {job.seed for job in seen} == {5}
    direct = fitted(Ridge(strength), seed=5)
    np.testing.assert_array_equal(posterior.predict(X).mean, direct.predict(X).mean)
    assert posterior.fit.seconds["run"] >= 1.0 + len(STRENGTHS)
    assert posterior.fit.seconds["compile"] == 0.25 * (1 + len(STRENGTHS))


def test_the_first_of_equals_is_chosen() -> None:
    grid = {"inference.noise": (0.3,), "inference.strength": (3.0, 3, 3.0)}
    info = fitted(search(grid=grid)).fit.info
    assert len(set(info["grid"]["nll"])) == 1
    grid = {"inference.strength": (3.0,), "inference.seed_of_nothing": (1, 2)}
    assert fitted(search(Indifferent(), grid=grid)).fit.info["chosen"] == {
        "inference.strength": 3,
        "inference.seed_of_nothing": 1,
    }


@dataclass(frozen=True)
class Indifferent(Ridge):
    seed_of_nothing: int = 0


@pytest.mark.parametrize("where", [0, 2])
def test_a_point_that_is_not_finite_is_never_chosen(where: int) -> None:
    values = list(STRENGTHS)
    values[where] = np.inf  # weights of 0 · ∞
    posterior = fitted(search(Broken(), grid={"inference.strength": tuple(values)}))
    scores = posterior.fit.info["grid"]["nll"]
    assert scores[where] is None
    kept = [(s, v) for s, v in zip(scores, values, strict=True) if s is not None]
    assert posterior.fit.info["chosen"]["inference.strength"] == min(kept)[1]


def test_no_finite_point_at_all() -> None:
    grid = {"inference.strength": (np.inf,), "inference.noise": (0.1, 0.2)}
    with pytest.raises(FloatingPointError, match=r"no point .* finite nll .*strength=inf"):
        fitted(search(Broken(), grid=grid))


@dataclass(frozen=True)
class Broken(Ridge):
    def run(self, bound: BoundModel, data: TrainingData, seed: int, progress: Progress) -> Fit:
        if np.isfinite(self.strength):
            return super().run(bound, data, seed, progress)
        fit = Ridge(1.0, self.noise).run(bound, data, seed, progress)
        assert isinstance(fit.result, WeightDraws)
        broken = {name: value * np.nan for name, value in fit.result.values.items()}
        return dataclasses.replace(fit, result=WeightDraws(broken))


# Fields of the model


def test_fields_of_the_model_are_chosen_and_the_posterior_has_them() -> None:
    method = bd.GridSearch(
        bd.MCDropout(num_epochs=30, num_passes=50, learning_rate=0.02),
        {KEEP: (0.3, 0.95), "model.network.hidden": ((3,), (6,))},
    )
    posterior = fitted(method, dropout(0.5))
    chosen = posterior.fit.info["chosen"]
    assert posterior.model == dropout(chosen[KEEP], tuple(chosen["model.network.hidden"]))
    assert chosen[KEEP] == 0.95
    direct = fitted(method.inference, posterior.model)
    for name, value in direct.result.values.items():
        np.testing.assert_allclose(posterior.result.values[name], value, atol=1e-5)
    np.testing.assert_allclose(posterior.predict(X[:5]).mean, direct.predict(X[:5]).mean, rtol=1e-4)


def test_whole_parts_can_be_replaced() -> None:
    noises = (bd.noise.Bernoulli(0.9), bd.noise.Rayleigh(1.0))
    grid = {"model.prior.unit": noises, "inference": (bd.MCDropout(2, num_passes=3),)}
    method = bd.GridSearch(bd.MCDropout(), grid)
    posterior = fitted(method, dropout())
    assert posterior.model.prior.unit in noises
    assert posterior.result.num_passes == 3


@pytest.mark.slow
def test_any_method_runs_in_it() -> None:
    grid = {"inference.num_steps": (5, 600)}
    method = bd.GridSearch(bd.SVI(batch_size=None, num_samples=20), grid)
    assert fitted(method).fit.info["chosen"] == {"inference.num_steps": 600}


# What it refuses


@pytest.mark.parametrize(
    ("grid", "message"),
    [
        ({"inference.strenght": (1,)}, r"Ridge has no such field: .* did you mean 'strength'"),
        ({"inference.strength.x": (1,)}, r"1.0 has none: unknown field 'x'"),
        ({"inferense.strength": (1,)}, r"unknown start 'inferense'; did you mean 'inference'"),
        ({"inference.strength": ()}, "give at least one value"),
        ({}, "give one or more paths"),
        ((("inference.noise", (1,)), ("inference.noise", (2,))), "each once"),
        ({"inference.strength": (1.0, -2.0)}, "not below 0"),
    ],
)
def test_bad_grids_are_refused_when_they_are_made(grid: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        bd.GridSearch(Ridge(), grid)


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"grid": {"inference.strength": 3.0}}, TypeError, "give a tuple of values"),
        ({"grid": {"inference.strength": "high"}}, TypeError, "give a tuple of values"),
        ({"method": Ridge}, TypeError, "give a configured method"),
        ({"validation": 1.0}, ValueError, "validation must be finite and > 0 and < 1"),
        ({"validation_rows": "first"}, ValueError, "unknown validation_rows 'first'"),
        ({"score": "nil"}, ValueError, "did you mean 'nll'"),
    ],
)
def test_bad_settings_are_refused(
    changes: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        search(**changes)


@pytest.mark.parametrize(
    ("path", "values", "message"),
    [
        ("model.prior.unit.kep", (0.9,), r"Bernoulli has no such field: .* did you mean 'keep'"),
        ("model.prior.layer.keep", (0.9,), "None has none"),
        (KEEP, (0.9, 1.5), "keep must be finite"),
        ("model.prior.unit", (bd.noise.HalfCauchy(1.0),), r"MCDropout can't run it .* infinite"),
        ("model.likelihood", (bd.Gaussian(), bd.Poisson()), "the target has other units"),
    ],
)
def test_what_the_model_cannot_have_is_said_before_any_work(
    path: str, values: tuple[Any, ...], message: str
) -> None:
    method = bd.GridSearch(bd.MCDropout(), {path: values})
    with pytest.raises(bd.UnsupportedModelError, match=message):
        fitted(method, dropout())


def test_the_method_says_what_it_cannot_run() -> None:
    reason = search().supports(dropout())
    assert reason == "Ridge can't run it at inference.strength=0.1: it has noise"


# As a specification


def test_a_search_has_one_canonical_form(tmp_path: Path) -> None:
    grid = {"inference.strength": [1.0, 2.5], "inference.noise": (3,)}
    one, other = search(grid=grid), search(grid=[(p, list(v)) for p, v in grid.items()])
    assert one == other == from_dict(to_dict(one))
    assert digest(one) == digest(other) == digest(from_dict(to_dict(one)))
    assert digest(one) != digest(search(grid=dict(reversed(grid.items()))))
    assert hash(one) == hash(other)
    posterior = fitted(one)
    posterior.save(tmp_path / "fit.nc")
    loaded = bd.load(tmp_path / "fit.nc")
    assert (loaded.inference, loaded.model) == (one, posterior.model)
    assert loaded.fit.info == posterior.fit.info
    np.testing.assert_array_equal(loaded.predict(X).mean, posterior.predict(X).mean)


def test_the_revision_counts_that_of_the_method(monkeypatch: pytest.MonkeyPatch) -> None:
    before = search().revision_for(MODEL)
    monkeypatch.setattr(Ridge, "revision", 7)
    assert search().revision_for(MODEL) == before + 6


def test_the_revision_counts_that_of_the_points_on_the_model() -> None:
    masks = bd.GridSearch(bd.MCDropout(), {"inference.masks": (1, 2)})
    assert masks.revision_for(dropout()) == bd.MCDropout(masks=2).revision_for(dropout()) == 3
    one = bd.GridSearch(bd.MCDropout(), {"inference.precision": (1.0, 2.0)})
    assert one.revision_for(dropout()) == 2


# Together


def test_several_searches_together_are_each_their_own() -> None:
    method = bd.GridSearch(
        bd.MCDropout(num_epochs=5, num_passes=30),
        {KEEP: (0.7, 0.95), "inference.precision": (1.0, 9.0)},
    )
    model, halves = dropout(), [slice(0, 30), slice(30, 60), slice(10, 40)]
    assert method.fits_together(model)
    data = [(X[rows], Y[rows]) for rows in halves]
    together = bd.fit_many(model, data, method, seeds=[0, 1, 2], progress=False)
    for seed, (posterior, (inputs, target)) in enumerate(zip(together, data, strict=True)):
        alone = bd.fit(model, inputs, target, method, seed=seed, progress=False)
        assert posterior.seed == seed
        assert posterior.fit.info["chosen"] == alone.fit.info["chosen"]
        found = posterior.fit.info["grid"]["nll"]
        np.testing.assert_allclose(found, alone.fit.info["grid"]["nll"], rtol=1e-4)
        np.testing.assert_allclose(posterior.predict(X).mean, alone.predict(X).mean, rtol=1e-4)


def test_searches_of_other_methods_do_not_claim_to_fit_together() -> None:
    assert not search().fits_together(MODEL)


@pytest.mark.slow
def test_a_point_that_fails_takes_no_other_with_it() -> None:
    rates = {"inference.learning_rate": (1e30, 0.01)}
    small = bd.SVI(num_steps=40, num_samples=5)
    found = bd.fit(MODEL, X, Y, bd.GridSearch(small, rates), progress=False).fit.info
    assert found["chosen"] == {"inference.learning_rate": 0.01}
    assert found["grid"]["nll"][0] is None
    first, second = found["grid"]["failures"]
    assert "the loss is NaN" in first
    assert second is None
    hopeless = bd.GridSearch(small, {"inference.learning_rate": (1e30,)})
    with pytest.raises(FloatingPointError, match=r"no point .* the loss is NaN after"):
        bd.fit(MODEL, X, Y, hopeless, progress=False)


@pytest.mark.slow
@pytest.mark.parametrize("where", [(bd.SVI, "run"), (bd.Posterior, "predict")], ids=str)
def test_a_factorisation_that_fails_takes_no_other_point_with_it(
    monkeypatch: pytest.MonkeyPatch, where: tuple[type, str]
) -> None:
    owner, name = where
    works = getattr(owner, name)

    def fails(self: Any, *arguments: Any, **settings: Any) -> Any:
        if getattr(self, "inference", self).learning_rate == 0.02:
            raise np.linalg.LinAlgError("not positive definite, as ordered")
        return works(self, *arguments, **settings)

    monkeypatch.setattr(owner, name, fails)
    rates = {"inference.learning_rate": (0.02, 0.01)}
    search = bd.GridSearch(bd.SVI(num_steps=40, num_samples=5), rates)
    found = bd.fit(MODEL, X, Y, search, progress=False).fit.info
    assert found["grid"]["nll"][0] is None
    assert found["chosen"] == {"inference.learning_rate": 0.01}


def test_a_score_that_classes_do_not_have_is_refused_before_any_work() -> None:
    model = bd.Model(bd.MLP((3,)), likelihood=bd.Categorical(2))
    search = bd.GridSearch(bd.SVI(), {"inference.learning_rate": (0.01,)}, score="rmse")
    assert 'score="nll"' in str(search.supports(model))
    assert dataclasses.replace(search, score="nll").supports(model) is None


@pytest.mark.slow
def test_diagnostics_are_of_the_method_within() -> None:
    nuts = bd.NUTS(num_warmup=5, num_samples=5, num_chains=1, max_tree_depth=1)
    search_of_nuts = bd.GridSearch(nuts, {"inference.target_accept_prob": (0.8,)})
    alone, within = (
        bd.fit(MODEL, X, Y, method, progress=False).diagnose().share_at_max_tree_depth
        for method in (nuts, search_of_nuts)
    )
    assert alone == within == 1.0

"""Stacking: its weights, the rows that they are found from, and the mixture that is saved."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import linear
import numpy as np
import pytest
from test_grid_search import MODEL, Ridge, X, Y, dropout, fitted

import bayesdrop as bd
from bayesdrop.infer.base import Job
from bayesdrop.spec import from_dict, to_dict

WEAK, STRONG = Ridge(0.1), Ridge(300.0)
MEMBERS = {"weak": WEAK, "strong": STRONG, "useless": Ridge(1e6)}


@pytest.fixture(autouse=True)
def seen() -> list[Job]:
    Ridge.seen.clear()
    return Ridge.seen


def stacking(members: Any = MEMBERS, **changes: Any) -> bd.Stacking:
    return bd.Stacking(members, **{"num_draws": 100, **changes})


def test_weights_are_those_that_bd_stack_finds_at_the_held_out_rows(seen: list[Job]) -> None:
    post = fitted(stacking(validation=0.25), seed=3)
    order = np.random.default_rng(3).permutation(len(X))
    count = int(0.75 * len(X))
    for job in seen[:3]:
        np.testing.assert_array_equal(job.data.X_original, X[order[:count]])
    fits = {
        name: bd.fit(MODEL, X[order[:count]], Y[order[:count]], method, progress=False)
        for name, method in MEMBERS.items()
    }
    expected = bd.stack(fits, X[order[count:]], Y[order[count:]])
    found = post.fit.info["members"]
    for column, name in enumerate(MEMBERS):
        assert found[name]["weight"] == pytest.approx(expected.weights[name], abs=1e-6)
        score = expected.log_scores[:, column].mean()
        assert found[name]["mean_log_score"] == pytest.approx(score, rel=1e-5)


def test_members_of_no_weight_are_not_fitted_again(seen: list[Job]) -> None:
    found = fitted(stacking()).fit.info["members"]
    assert found["useless"]["weight"] == 0
    again = seen[len(MEMBERS) :]
    assert {job.inference for job in again} == {
        method for name, method in MEMBERS.items() if found[name]["weight"] > 0.005
    }
    for job in again:
        np.testing.assert_array_equal(job.data.X_original, X)
        np.testing.assert_allclose(job.data.X_standardised, linear.standardised(X), atol=1e-5)


def test_members_give_draws_by_their_weights() -> None:
    members = {"few": Ridge(0.1, noise=0.2), "wide": Ridge(0.1, noise=2.0)}
    post = fitted(stacking(members, num_draws=1000))
    weights = {name: one["weight"] for name, one in post.fit.info["members"].items()}
    scales = np.unique(post.predict(X[:3]).parameters["scale"][:, 0], return_counts=True)
    y_scale = post.training.scaling.y_scale
    for scale, count in zip(*scales, strict=True):
        name = "few" if scale < y_scale else "wide"
        assert count / 1000 == pytest.approx(weights[name], abs=1e-3)
    assert sum(scales[1]) == 1000


@pytest.mark.parametrize("seed", [0, 1])
def test_a_stack_predicts_no_worse_than_its_members_at_the_held_out_rows(seed: int) -> None:
    members = {name: Ridge(strength) for name, strength in (("a", 0.1), ("b", 30.0))}
    post = fitted(stacking(members, validation_rows="last", validation=0.4), seed=seed)
    count = int(0.6 * len(X))
    fits = {
        name: bd.fit(MODEL, X[:count], Y[:count], one, progress=False)
        for name, one in members.items()
    }
    weights = [post.fit.info["members"][name]["weight"] for name in members]
    own = np.column_stack([one.predict(X[count:]).log_prob(Y[count:]) for one in fits.values()])
    assert np.log(np.exp(own) @ weights).mean() >= own.mean(0).max() - 1e-9


KINDS = {
    "chains": {
        "nuts": bd.NUTS(num_warmup=20, num_samples=10, num_chains=2),
        "ridge": STRONG,
    },
    "passes": {
        "dropout": (dropout(), bd.MCDropout(num_epochs=50, num_passes=30)),
        "mean": (dropout(), bd.MCDropout(num_epochs=50, passes="mean")),
    },
    "functions": {"gp": bd.GP(), "ridge": STRONG},
    "a stack": {"inner": bd.Stacking({"a": WEAK, "b": STRONG}), "ridge": Ridge(3.0)},
    "another scale": {
        "ridge": STRONG,
        "map": (
            bd.Model(bd.MLP((3,)), likelihood=bd.HeteroscedasticGaussian()),
            bd.MAP(num_steps=50),
        ),
    },
}


@pytest.mark.filterwarnings("ignore:lbfgs failed")
@pytest.mark.parametrize("kind", KINDS)
def test_a_saved_stack_predicts_the_same(kind: str, tmp_path: Path) -> None:
    post = fitted(stacking(KINDS[kind], validation=0.3))
    post.save(tmp_path / "fit.nc")
    again = bd.load(tmp_path / "fit.nc")
    one, other = post.predict(X[:5], seed=1), again.predict(X[:5], seed=1)
    assert one.n_draws == 100
    for name, value in one.parameters.items():
        assert value.shape == (100, 5, 1)
        np.testing.assert_array_equal(value, other.parameters[name])
    assert again.inference == post.inference
    assert again.fit.info["members"] == post.fit.info["members"]


def test_members_have_the_classes_of_the_model() -> None:
    labels = np.array(["low", "middle", "high"])[np.digitize(Y, np.quantile(Y, [0.3, 0.6]))]
    deep = bd.Model(bd.MLP((3,)), likelihood=bd.Bernoulli())
    method = bd.MAP(num_steps=50)
    model = bd.Model(bd.MLP(()), likelihood=bd.Categorical())
    post = bd.fit(
        model, X, labels, stacking({"deep": (deep, method), "flat": method}), progress=False
    )
    assert post.predict(X[:4]).probabilities.shape == (4, 3)
    assert post.classes is not None
    assert set(post.classes) == set(labels)


def test_several_outputs_are_scored_together() -> None:
    two = np.column_stack([Y, Y**2])
    method = bd.MAP(num_steps=50)
    post = bd.fit(
        MODEL,
        X,
        two,
        stacking({"a": method, "b": (bd.Model(bd.MLP((3,))), method)}),
        progress=False,
    )
    assert post.predict(X[:4]).mean.shape == (4, 2)


def test_chains_that_have_not_converged_are_named(caplog: pytest.LogCaptureFixture) -> None:
    short = bd.NUTS(num_warmup=5, num_samples=5, num_chains=2)
    with caplog.at_level(logging.WARNING, logger="bayesdrop"):
        post = fitted(stacking({"short": short, "useless": Ridge(1e6)}))
    assert post.fit.info["members"]["short"]["converged"] is False
    assert "converged" not in post.fit.info["members"]["useless"]
    assert "the stack's member 'short' has not converged" in caplog.text


def test_cost_is_that_of_all_fits() -> None:
    method = bd.MAP(num_steps=30)
    alone = fitted(method)
    both = fitted(stacking({"a": method, "b": (bd.Model(bd.MLP((3,))), method)}))
    assert both.fit.info["gradients"] > 2 * alone.fit.info["gradients"]
    assert fitted(stacking({"a": WEAK, "b": STRONG})).fit.seconds["compile"] >= 0.75


# Refusals


def test_it_is_written_and_read_as_json() -> None:
    method = stacking({"a": WEAK, "b": (MODEL, STRONG)})
    assert from_dict(to_dict(method), bd.Stacking) == method


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"one": WEAK}, "two or more"),
        ([("a", None, WEAK), ("a", None, STRONG)], "each with its name"),
        ({"a": WEAK, "b": Ridge}, "give a configured method"),
        ({"a": WEAK, "b": ("student_t_ard", STRONG)}, "a pair of a model and a method"),
        ({"a": WEAK, 3: STRONG}, "the name of a member is text"),
    ],
)
def test_wrong_members_are_refused(members: Any, words: str) -> None:
    with pytest.raises((TypeError, ValueError), match=words):
        bd.Stacking(members)


@pytest.mark.parametrize(
    "changes", [{"validation": 1.0}, {"validation_rows": "first"}, {"num_draws": 0}]
)
def test_wrong_settings_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(changes))):
        stacking(**changes)


def test_a_member_that_cannot_run_its_model_is_named() -> None:
    with pytest.raises(
        bd.UnsupportedModelError, match="its member 'b', Ridge, can't: it has noise"
    ):
        fitted(stacking({"a": WEAK, "b": (dropout(), STRONG)}))


def test_targets_of_another_kind_are_refused() -> None:
    counts = bd.Model(bd.MLP(()), likelihood=bd.Poisson())
    with pytest.raises(bd.UnsupportedModelError, match=r"the target of 'b' has another family"):
        fitted(stacking({"a": WEAK, "b": (counts, bd.MAP())}))


def test_the_member_that_diverges_is_named() -> None:
    wild = bd.MCDropout(learning_rate=1e30, num_epochs=50)
    with pytest.raises(FloatingPointError, match="the stack's member 'b'"):
        fitted(stacking({"a": WEAK, "b": (dropout(), wild)}))


def test_a_revision_of_any_member_is_one_of_the_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    method = stacking({"a": WEAK, "b": bd.MAP()})
    before = method.revision_for(MODEL)
    monkeypatch.setattr(Ridge, "revision", 2)
    assert method.revision_for(MODEL) == before + 1
    monkeypatch.setattr(bd.MAP, "revision", bd.MAP.revision + 1)
    assert method.revision_for(MODEL) == before + 2

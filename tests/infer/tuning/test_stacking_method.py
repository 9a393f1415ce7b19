"""Stacking: its weights, the rows that they are found from, and the mixture that is saved."""

from __future__ import annotations

import logging
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import linear
import numpy as np
import pytest
from test_grid_search import MODEL, Ridge, X, Y, dropout, fitted

import bayesdrop as bd
from bayesdrop.bound import BoundModel
from bayesdrop.data.training import TrainingData
from bayesdrop.infer.base import Job
from bayesdrop.infer.tuning.stacking import run
from bayesdrop.posterior.comparing.mixture_weights import log_scores_of_rows
from bayesdrop.posterior.results.fit import Fit
from bayesdrop.progress import Progress
from bayesdrop.spec import from_dict, to_dict

WEAK, STRONG = Ridge(0.1), Ridge(300.0)
MEMBERS = {"weak": WEAK, "strong": STRONG, "useless": Ridge(1e6)}


@pytest.fixture(autouse=True)
def seen() -> list[Job]:
    Ridge.seen.clear()
    return Ridge.seen


@pytest.fixture
def halves(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two members with half of the weight each, whatever they score."""
    monkeypatch.setattr(run, "best_weights", lambda _: np.array([0.5, 0.5]))


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
    found = post.fit.info["stack_members"]
    for column, name in enumerate(MEMBERS):
        assert found[name]["weight"] == pytest.approx(expected.weights[name], abs=1e-6)
        score = expected.log_scores[:, column].mean()
        assert found[name]["mean_log_score"] == pytest.approx(score, rel=1e-5)


def test_members_of_no_weight_are_not_fitted_again(seen: list[Job]) -> None:
    found = fitted(stacking()).fit.info["stack_members"]
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
    weights = {name: one["weight"] for name, one in post.fit.info["stack_members"].items()}
    scales = np.unique(post.predict(X[:3]).parameters["scale"][:, 0], return_counts=True)
    y_scale = post.training.scaling.y_scale
    for scale, count in zip(*scales, strict=True):
        name = "few" if scale < y_scale else "wide"
        assert count / 1000 == pytest.approx(weights[name], abs=1e-3)
    assert sum(scales[1]) == 1000


@pytest.mark.parametrize("seed", [0, 1])
def test_a_stack_predicts_no_worse_than_its_members_at_the_held_out_rows(seed: int) -> None:
    members = {name: Ridge(strength) for name, strength in (("a", 0.1), ("b", 30.0))}
    post = fitted(stacking(members, validation=0.4), seed=seed)
    order = np.random.default_rng(seed).permutation(len(X))
    count = int(0.6 * len(X))
    part, held_out = order[:count], order[count:]
    fits = [bd.fit(MODEL, X[part], Y[part], one, progress=False) for one in members.values()]
    weights = [post.fit.info["stack_members"][name]["weight"] for name in members]
    own = np.column_stack([one.predict(X[held_out]).log_prob(Y[held_out]) for one in fits])
    assert np.log(np.exp(own) @ weights).mean() >= own.mean(0).max() - 1e-9


WIDE = Ridge(0.1, noise=2.0)
_ONE_LAYER = bd.Model(bd.MLP((3,)))
_SHORT = {"num_warmup": 20, "num_samples": 300, "num_chains": 2}
KINDS: dict[str, dict[str, Any]] = {
    "chains": {"nuts": bd.NUTS(**_SHORT), "ridge": WIDE},
    "hierarchical": {
        "nuts": (
            bd.Model(bd.MLP(()), bd.ARD(bd.noise.HalfNormal(1.0))),
            bd.NUTS(**_SHORT, form="hierarchical"),
        ),
        "ridge": WIDE,
    },
    "passes": {"dropout": (dropout(), bd.MCDropout(num_epochs=50)), "ridge": WIDE},
    "shared passes": {
        "dropout": (
            dropout(),
            bd.MCDropout(num_epochs=50, masks=1, mask_sharing="shared"),
        ),
        "ridge": WIDE,
    },
    "learned": {
        "dropout": (
            bd.Model(bd.MLP((4,)), bd.ARD(bd.noise.Bernoulli(bd.Learned(0.9)))),
            bd.MCDropout(num_epochs=50),
        ),
        "ridge": WIDE,
    },
    "functions": {"gp": bd.GP(), "ridge": WIDE},
    "a stack": {"inner": bd.Stacking({"a": WEAK, "b": STRONG}), "ridge": WIDE},
    "a search": {
        "search": bd.GridSearch(Ridge(), {"inference.strength": (1.0, 30.0)}),
        "ridge": WIDE,
    },
    "a search of models": {
        "search": bd.GridSearch(bd.MAP(num_steps=50), {"model.network.hidden": ((3,), (4,))}),
        "ridge": WIDE,
    },
    "another scale": {
        "ridge": WIDE,
        "map": (
            bd.Model(bd.MLP((3,)), likelihood=bd.HeteroscedasticGaussian()),
            bd.MAP(num_steps=50),
        ),
    },
}


@pytest.mark.usefixtures("halves")
@pytest.mark.parametrize("kind", KINDS)
def test_a_saved_stack_predicts_the_same(kind: str, tmp_path: Path) -> None:
    post = fitted(stacking(KINDS[kind], validation=0.3))
    members = post.fit.info["stack_members"]
    assert [one["num_draws"] for one in members.values()] == [50, 50]
    post.save(tmp_path / "fit.nc")
    again = bd.load(tmp_path / "fit.nc")
    one, other = post.predict(X[:5], seed=1), again.predict(X[:5], seed=1)
    for name, value in one.parameters.items():
        assert value.shape == (100, 5, 1)
        np.testing.assert_array_equal(value, other.parameters[name])
    assert again.inference == post.inference
    assert again.fit.info["stack_members"] == members


@pytest.mark.usefixtures("halves")
@pytest.mark.parametrize("kind", KINDS)
def test_a_member_predicts_what_it_predicts_alone(kind: str) -> None:
    (name, given), *_ = [(n, m) for n, m in KINDS[kind].items() if m is not WIDE]
    model, method = given if isinstance(given, tuple) else (MODEL, given)
    post = fitted(stacking(KINDS[kind], validation=0.3, num_draws=20_000), seed=5)
    alone = fitted(method, model, seed=5).predict(X)
    mixed = post.predict(X).parameters["loc"]
    own = mixed[10_000:] if name == "map" else mixed[:10_000]
    close = {"rtol": 0.02, "atol": 0.02 * float(alone.mean.std())}
    np.testing.assert_allclose(own.mean(0)[:, 0], alone.mean, **close)
    spread = alone.parameters["loc"].std(0)[:, 0]
    np.testing.assert_allclose(own.std(0)[:, 0], spread, rtol=0.1, atol=0.02 * float(Y.std()))


@pytest.mark.usefixtures("halves")
def test_masks_are_shared_by_rows_as_the_member_says() -> None:
    twice = np.concatenate([X[:1], X[:1]])
    for kind, same in (("passes", False), ("shared passes", True)):
        drawn = fitted(stacking(KINDS[kind])).predict(twice).parameters["loc"]
        assert np.array_equal(drawn[:, 0], drawn[:, 1]) == same


def test_a_fresh_process_reads_a_stack(tmp_path: Path) -> None:
    post = fitted(stacking({"map": bd.MAP(num_steps=20), "gp": bd.GP()}))
    post.save(tmp_path / "fit.nc")
    code = f"import bayesdrop as bd; print(bd.load({str(tmp_path / 'fit.nc')!r}).result)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "a distribution over functions" in found.stdout


@pytest.mark.usefixtures("halves")
def test_a_member_of_few_draws_is_kept_once() -> None:
    post = fitted(stacking({"one draw": STRONG, "another": WIDE}, num_draws=5000))
    assert max(len(value[0]) for value in post.result.state.values()) == 1  # type: ignore[union-attr]


def test_parameters_that_are_the_same_in_all_rows_are_held_once() -> None:
    scale = fitted(stacking()).predict(X).parameters["scale"]
    assert scale.strides[1] == 0


@pytest.mark.usefixtures("halves")
def test_draws_of_a_chain_are_evenly_spaced() -> None:
    method = bd.NUTS(num_warmup=20, num_samples=300, num_chains=2)
    post = fitted(stacking({"nuts": method, "ridge": WIDE}))
    count = 50
    every = fitted(method).draws
    assert every is not None
    chosen = ((np.arange(count) + 0.5) * 600 / count).astype(int)
    scales = every["noise_scale"].reshape(600)[chosen]
    np.testing.assert_array_equal(post.result.state["0.noise_scale"].ravel(), scales)  # type: ignore[union-attr]


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
    method, deep = bd.MAP(num_steps=50), bd.Model(bd.MLP((3,)))
    stacked = stacking({"a": method, "b": (deep, method)}, validation_rows="last")
    post = bd.fit(MODEL, X, two, stacked, progress=False)
    assert post.predict(X[:4]).mean.shape == (4, 2)
    count = int(0.8 * len(X))
    for name, model in (("a", MODEL), ("b", deep)):
        alone = bd.fit(model, X[:count], two[:count], method, progress=False)
        score = alone.predict(X[count:]).log_prob(two[count:]).sum(1).mean()
        found = post.fit.info["stack_members"][name]["mean_log_score"]
        assert found == pytest.approx(score, rel=1e-5)


def test_chains_that_have_not_converged_are_named(
    caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    short = bd.NUTS(num_warmup=5, num_samples=5, num_chains=2)
    with caplog.at_level(logging.WARNING, logger="bayesdrop"):
        post = fitted(stacking({"short": short, "useless": Ridge(1e6)}))
    assert post.fit.info["stack_members"]["short"]["converged"] is False
    assert "converged" not in post.fit.info["stack_members"]["useless"]
    post.save(tmp_path / "fit.nc")
    for one in (post, bd.load(tmp_path / "fit.nc")):
        found = one.diagnose()
        assert found.converged is False
        assert found.summary.startswith("not converged: 'short';")
        assert "'short' is not converged: R-hat is above 1.05" in found.summary
        assert found.summary in found.warnings["convergence"]
    assert caplog.text.count("not converged: 'short'") == 1


def test_chains_that_have_converged_are_said_to_have() -> None:
    method = bd.NUTS(num_warmup=300, num_samples=400, num_chains=4)
    found = fitted(stacking({"nuts": method, "useless": Ridge(1e6)})).diagnose()
    assert found.converged is True
    assert found.summary == "all members converged"


def test_nothing_is_said_of_members_without_chains() -> None:
    assert fitted(stacking()).diagnose().converged is None


@pytest.mark.usefixtures("halves")
def test_other_warnings_of_a_member_have_its_name(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, logger="bayesdrop"):
        fitted(stacking({"short": bd.MAP(num_steps=200, learning_rate=1e-4), "other": WIDE}))
    assert "the stack's member 'short': the fit explains none of the target's" in caplog.text


def test_rows_that_are_held_out_are_no_new_rows(caplog: pytest.LogCaptureFixture) -> None:
    rows = np.column_stack([X, np.zeros(len(X))])
    rows[-1] = 1e3
    with caplog.at_level(logging.WARNING, logger="bayesdrop"):
        fit = bd.fit(MODEL, rows, Y, stacking(validation_rows="last"), progress=False)
    assert fit.fit.info["stack_members"]
    assert "rows to predict" not in caplog.text


def test_every_member_has_the_seed_of_the_stack(seen: list[Job]) -> None:
    fitted(stacking(), seed=7)
    assert {job.seed for job in seen} == {7}


def test_the_part_is_standardised_as_the_fit_is(seen: list[Job]) -> None:
    bd.fit(MODEL, X, Y, stacking(), standardize="X", progress=False)
    for job in seen:
        np.testing.assert_array_equal(job.data.y_standardised[:, 0], job.data.target.astype("f4"))


def test_cost_is_that_of_all_fits() -> None:
    method = bd.MAP(num_steps=30)
    alone = fitted(method)
    both = fitted(stacking({"a": method, "b": (bd.Model(bd.MLP((3,))), method)}))
    assert both.fit.info["gradients"] > 2 * alone.fit.info["gradients"]
    assert fitted(stacking({"a": WEAK, "b": STRONG})).fit.seconds["compile"] >= 0.75


# Refusals


def test_it_is_written_and_read_as_json() -> None:
    method = stacking({"a": WEAK, "b": (MODEL, STRONG)})
    assert stacking(iter([("a", None, WEAK), ("b", MODEL, STRONG)])) == method
    assert from_dict(to_dict(method), bd.Stacking) == method


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"one": WEAK}, "give two members or more, not 1"),
        ([("a", None, WEAK), ("a", None, STRONG)], "'a' names several members"),
        ([WEAK, STRONG], "give a mapping from names to methods"),
        ([("a", WEAK), ("b", STRONG)], "give a mapping from names to methods"),
        (WEAK, "give a mapping from names to methods"),
        (None, "give a mapping from names to methods"),
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
    with pytest.raises(bd.UnsupportedModelError, match=r"its member 'b' predicts by Poisson"):
        fitted(stacking({"a": WEAK, "b": (counts, bd.MAP())}))


def test_a_likelihood_of_another_kind_is_not_replaced_by_that_of_classes() -> None:
    classes = bd.Model(bd.MLP(()), likelihood=bd.Bernoulli())
    method = stacking({"a": bd.MAP(), "b": (_ONE_LAYER, bd.MAP())})
    with pytest.raises(bd.UnsupportedModelError, match=r"its member 'b' predicts by Gaussian"):
        bd.fit(classes, X, Y > 0, method, progress=False)


def test_a_member_that_refuses_the_rows_is_named() -> None:
    with pytest.raises(
        bd.UnsupportedModelError, match=r"the stack's member 'gp': GP\(max_rows=5\)"
    ):
        fitted(stacking({"gp": bd.GP(max_rows=5), "ridge": WIDE}))


@dataclass(frozen=True)
class Spoilt(Ridge):
    """Ridge regression whose last loss is NaN."""

    def run(self, bound: BoundModel, data: TrainingData, seed: int, progress: Progress) -> Fit:
        fit = super().run(bound, data, seed, progress)
        return replace(fit, losses=np.array([1.0, np.nan]))


def test_numbers_of_every_member_are_checked() -> None:
    with pytest.raises(FloatingPointError, match=r"member 'spoilt': .* left the last loss at nan"):
        fitted(stacking({"spoilt": Spoilt(), "ridge": WIDE}))


@dataclass(frozen=True)
class CutShort(Ridge):
    """Ridge regression that Ctrl-C has cut short."""

    def run(self, bound: BoundModel, data: TrainingData, seed: int, progress: Progress) -> Fit:
        fit = super().run(bound, data, seed, progress)
        return replace(fit, info={"ended_by": "interrupted"})


def test_ctrl_c_in_a_member_ends_the_stack() -> None:
    with pytest.raises(KeyboardInterrupt):
        fitted(stacking({"cut": CutShort(), "ridge": WIDE}))


def impossible(monkeypatch: pytest.MonkeyPatch, members: int) -> None:
    """Let the last row that is held out have the density 0 under so many of the members."""
    left = iter(range(members))

    def scores(prediction: bd.Predictive, y: Any) -> np.ndarray:
        found = log_scores_of_rows(prediction, y)
        found[-1] = found[-1] if next(left, None) is None else -np.inf
        return found

    monkeypatch.setattr(run, "log_scores_of_rows", scores)


def test_a_row_that_no_member_predicts_is_named_by_its_number_in_training(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    impossible(monkeypatch, 2)
    number = np.random.default_rng(4).permutation(len(X))[-1]
    with pytest.raises(ValueError, match=rf"training row {number} has the density 0 .*\(a, b\)"):
        fitted(stacking({"a": WEAK, "b": STRONG}), seed=4)


def test_a_score_of_minus_infinity_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    impossible(monkeypatch, 1)
    post = fitted(stacking({"a": WEAK, "b": WIDE}))
    assert post.fit.info["stack_members"]["a"]["mean_log_score"] is None
    post.save(tmp_path / "fit.nc")
    assert bd.load(tmp_path / "fit.nc").fit.info == post.fit.info


@pytest.mark.parametrize(
    "method",
    [
        stacking(validation_rows="last"),
        bd.GridSearch(Ridge(), {"inference.strength": (1.0, 30.0)}),
    ],
    ids=["stack", "search"],
)
def test_a_target_that_is_constant_in_the_part_is_refused(method: bd.Inference) -> None:
    y = np.full(len(X), 5.0)
    y[-1] = 6.0
    with pytest.raises(
        ValueError, match=r"training rows that are not held out: y is constant.*random"
    ):
        bd.fit(MODEL, X, y, method, progress=False)


def test_the_member_that_diverges_is_named() -> None:
    wild = bd.MCDropout(learning_rate=1e30, num_epochs=50)
    with pytest.raises(FloatingPointError, match="the stack's member 'b'"):
        fitted(stacking({"a": WEAK, "b": (dropout(), wild)}))


def test_methods_with_priors_of_their_own_need_standardised_rows() -> None:
    method = stacking({"gp": bd.GP(), "ridge": WIDE})
    with pytest.raises(bd.UnsupportedModelError, match="standardised rows"):
        bd.fit(MODEL, X, Y, method, standardize=False, progress=False)


def test_a_revision_of_any_member_is_one_of_the_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    method = stacking({"a": WEAK, "b": bd.MAP()})
    before = method.revision_for(MODEL)
    monkeypatch.setattr(Ridge, "revision", 2)
    assert method.revision_for(MODEL) == before + 1
    monkeypatch.setattr(bd.MAP, "revision", bd.MAP.revision + 1)
    assert method.revision_for(MODEL) == before + 2

"""When chains have converged, and the sentence that says why they have not."""

from __future__ import annotations

import dataclasses
import json
import logging
import re
from typing import Any

import linear
import numpy as np
import pytest
from numpy.typing import NDArray

import bayesdrop as bd
from bayesdrop.posterior.diagnosis import mixing
from bayesdrop.posterior.diagnosis.verdict import Problem, in_words

ROWS, CHAINS, DRAWS = 30, 8, 200


def posterior(
    values: dict[str, NDArray[Any]],
    likelihood: bd.Likelihood,
    stats: dict[str, NDArray[Any]] | None = None,
    info: dict[str, Any] | None = None,
    outputs: int = 1,
    rows: int = ROWS,
) -> bd.Posterior:
    """The linear network of one feature at draws (chain, draw, ...) of its sites."""
    model = bd.Model(bd.MLP(()), bd.ScaleMixture(), likelihood)
    X = np.linspace(-1, 1, rows)[:, None]
    y = np.random.default_rng(0).normal(size=(rows, outputs))
    training = bd.TrainingData.of(X, y if outputs > 1 else y[:, 0], likelihood.standardises_target)
    bound = model.bind((1,), outputs, "expanded")
    assert {site.name for site in bound.sites} == set(values)
    chains, draws = next(iter(values.values())).shape[:2]
    lp = np.random.default_rng(9).normal(size=(chains, draws))
    drawn = bd.WeightDraws(values, {"lp": lp} | (stats or {}))
    fit = bd.Fit(drawn, info={"ended_by": "num_samples"} | (info or {}))
    return bd.Posterior(bound, bd.NUTS(), 0, training, fit)


def normal(seed: int, *shape: int, chains: int = CHAINS, draws: int = DRAWS) -> NDArray[Any]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(chains, draws, *shape)).astype(np.float32)


def homoscedastic(outputs: int = 1, **sizes: int) -> dict[str, NDArray[Any]]:
    return {
        "weight_0": normal(0, 1, outputs, **sizes),
        "bias_0": normal(1, outputs, **sizes),
        "noise_scale": np.exp(0.1 * normal(2, outputs, **sizes)),
    }


def heteroscedastic() -> dict[str, NDArray[Any]]:
    return {"weight_0": normal(0, 1, 2), "bias_0": normal(1, 2)}


def test_independent_chains_have_converged_and_nothing_is_wrong() -> None:
    for values, likelihood, names in (
        (homoscedastic(), bd.Gaussian(), {"f(x)", "noise_scale", "lp"}),
        (heteroscedastic(), bd.HeteroscedasticGaussian(), {"f(x)", "scale(x)", "lp"}),
    ):
        found = posterior(values, likelihood).diagnose()
        assert found.converged is True
        assert found.problems == {}
        assert found.summary == "converged"
        assert found.rhat.keys() == found.bulk_ess.keys() == found.tail_ess.keys() == names
        assert 1 < max(found.rhat.values()) < 1.02
        assert 1000 < min(*found.bulk_ess.values(), *found.tail_ess.values()) < 2100
        assert json.loads(json.dumps(found.to_dict())) == found.to_dict()


def test_a_chain_whose_noise_is_twenty_times_that_of_the_others() -> None:
    """Its mean function is that of the others, so that R-hat of f(x) alone says nothing."""
    values = heteroscedastic()
    values["bias_0"][3, :, 1] += np.log(20)
    found = posterior(values, bd.HeteroscedasticGaussian()).diagnose()
    assert found.max_rhat_f is not None
    assert found.max_rhat_f < 1.02
    assert found.converged is False
    assert {about.rpartition(" of ")[2] for about in found.problems} == {"scale(x)"}
    assert found.problems["R-hat of scale(x)"].startswith("R-hat of scale(x) is 1.")
    assert found.problems["R-hat of scale(x)"].endswith(", above 1.05")
    assert found.summary == "not converged: " + "; ".join(found.problems.values())


def test_what_is_wrong_with_several_quantities_is_one_sentence_for_each_statistic() -> None:
    found = [
        Problem("R-hat of lp", "R-hat of lp is 2.00, above 1.05", "R-hat is above 1.05", "lp 2.00"),
        Problem(
            "R-hat of f(x)", "R-hat of f(x) is inf, above 1.05", "R-hat is above 1.05", "f(x) inf"
        ),
        Problem("divergences", "3 draws (1.5%) are divergent"),
    ]
    assert in_words(found) == (
        "R-hat is above 1.05 (lp 2.00, f(x) inf); 3 draws (1.5%) are divergent"
    )
    assert in_words(found[1:]) == ("R-hat of f(x) is inf, above 1.05; 3 draws (1.5%) are divergent")
    assert in_words([]) == ""


def test_one_chain_can_not_show_what_several_would() -> None:
    """Which of two modes a chain is in, its halves do not tell."""
    values = homoscedastic(chains=4, draws=400)
    values["bias_0"][0] += 3
    assert posterior(values, bd.Gaussian()).diagnose().converged is False
    alone = posterior({name: value[:1] for name, value in values.items()}, bd.Gaussian()).diagnose()
    assert alone.converged is True
    assert alone.summary.startswith("converged; there is one chain, ")
    values["bias_0"][0, 200:] += 3
    moved = posterior({name: value[:1] for name, value in values.items()}, bd.Gaussian()).diagnose()
    assert moved.summary.startswith("not converged: R-hat of f(x) is ")
    assert "one chain" not in moved.summary


@pytest.mark.parametrize("site", ["noise_scale", "bias_0"])
def test_every_output_is_looked_at(site: str) -> None:
    values = homoscedastic(outputs=3)
    values[site][0, :, 2] += 3
    found = posterior(values, bd.Gaussian(), outputs=3).diagnose()
    name = {"noise_scale": "noise_scale", "bias_0": "f(x)"}[site]
    assert f"R-hat of {name}" in found.problems
    assert found.share_rhat_f_above_1_05 == pytest.approx(1 / 3 if site == "bias_0" else 0)


def test_the_scale_of_a_likelihood_is_looked_at_once() -> None:
    values = homoscedastic() | {"df": np.exp(normal(4, 1))}
    values["df"][1] *= 50
    found = posterior(values, bd.StudentT(df=bd.noise.HalfNormal(10.0))).diagnose()
    assert found.rhat.keys() == {"f(x)", "noise_scale", "df", "lp"}
    assert {about.rpartition(" of ")[2] for about in found.problems} == {"df"}
    assert found.max_rhat_noise_scale == found.rhat["df"]


def test_the_log_joint_is_looked_at() -> None:
    lp = normal(5)
    lp[0] += 4
    found = posterior(homoscedastic(), bd.Gaussian(), {"lp": lp}).diagnose()
    assert "R-hat of lp" in found.problems
    lost = normal(5)
    lost[0, 7] = -np.inf
    found = posterior(homoscedastic(), bd.Gaussian(), {"lp": lost}).diagnose()
    assert found.problems["R-hat of lp"] == "R-hat of lp is inf, above 1.05"


def test_slow_chains_have_too_few_effective_draws() -> None:
    values = homoscedastic(chains=4, draws=60)
    values["noise_scale"] = np.repeat(values["noise_scale"][:, :12], 5, axis=1)
    found = posterior(values, bd.Gaussian()).diagnose()
    assert found.bulk_ess["noise_scale"] < 100 < found.bulk_ess["f(x)"]
    about = "Bulk effective sample size of noise_scale"
    count = found.bulk_ess["noise_scale"]
    assert found.problems[about] == f"{about} is {count:.0f}, below 100"


def test_a_tail_that_chains_seldom_visit() -> None:
    values = homoscedastic()
    values["noise_scale"][:4, :20] += 10
    found = posterior(values, bd.Gaussian()).diagnose()
    assert "Tail effective sample size of noise_scale" in found.problems


@pytest.mark.parametrize(
    ("stat", "limit", "words"),
    [
        ("diverging", 0.01, "{count} draws ({share:.1%}) are divergent"),
        ("reached_max_treedepth", 0.05, "{share:.1%} of the draws reached the largest tree depth"),
    ],
)
def test_divergences_and_full_trees(stat: str, limit: float, words: str) -> None:
    at_most = round(limit * CHAINS * DRAWS)
    for count in (at_most, at_most + 1):
        flags = np.zeros((CHAINS, DRAWS), bool)
        flags.ravel()[:count] = True
        found = posterior(homoscedastic(), bd.Gaussian(), {stat: flags}).diagnose()
        assert found.converged is (count == at_most)
    share = (at_most + 1) / (CHAINS * DRAWS)
    assert found.summary == "not converged: " + words.format(count=at_most + 1, share=share)


def test_one_chain_of_seven_is_more_than_an_eighth() -> None:
    values = homoscedastic(chains=6, draws=400)
    info = {"excluded_chains": [{"chain": 6, "reason": "…"}]}
    found = posterior(values, bd.Gaussian(), info=info).diagnose()
    assert found.summary == "not converged: 1 of 7 chains ran away and are left out"


@pytest.mark.parametrize(("kept", "converged"), [(8, True), (7, True), (6, False), (1, False)])
def test_chains_left_out_beyond_an_eighth(kept: int, converged: bool) -> None:
    info = {"excluded_chains": [{"chain": k, "reason": "…"} for k in range(CHAINS - kept)]}
    values = homoscedastic(chains=kept, draws=400)
    found = posterior(values, bd.Gaussian(), info=info).diagnose()
    assert found.converged is converged
    assert found.left_out == CHAINS - kept
    sentence = f"{8 - kept} of 8 chains ran away and are left out"
    if kept == 8:
        assert found.summary == "converged"
    elif converged:
        assert found.summary == f"converged; {sentence}"
    else:
        assert found.problems == {"chains left out": sentence}


def test_too_few_draws_for_a_verdict() -> None:
    found = posterior(homoscedastic(draws=3), bd.Gaussian()).diagnose()
    assert found.converged is False
    assert found.summary == "not converged: there are too few draws for R-hat: 3 of 4 per chain"
    assert found.max_rhat_f is None


def test_the_verdict_is_of_training_rows_and_others_are_beside() -> None:
    """A chain with another slope is another function far from the training rows alone."""
    values = homoscedastic()
    values["weight_0"] /= 50
    values["weight_0"][2] += 0.3
    fitted = posterior(values, bd.Gaussian())
    far = np.array([[0.0], [40.0]])
    found = fitted.diagnose(far)
    assert found.converged is True
    assert found.at_X["max_rhat_f"] > 1.2
    assert found.at_X["share_rhat_f_above_1_05"] == 0.5
    assert found.at_X["min_ess_f"] < 100
    assert dataclasses.replace(found, at_X={}) == fitted.diagnose()
    training = fitted.training.X_original
    at_training = fitted.diagnose(training).at_X
    assert at_training["max_rhat_f"] == pytest.approx(found.max_rhat_f, rel=1e-6)
    with pytest.raises(ValueError, match="features"):
        fitted.diagnose(np.zeros((3, 2)))


def test_rows_in_blocks_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = posterior(heteroscedastic(), bd.HeteroscedasticGaussian()).diagnose()
    for size in (1, 7 * CHAINS * DRAWS):
        monkeypatch.setattr(mixing, "_BLOCK", size)
        parts = posterior(heteroscedastic(), bd.HeteroscedasticGaussian()).diagnose()
        assert parts.rhat == pytest.approx(whole.rhat, rel=1e-6)
        assert parts.tail_ess == pytest.approx(whole.tail_ess, rel=1e-6)


def test_of_many_rows_some_are_looked_at_from_the_first_to_the_last() -> None:
    rows = mixing.spread_rows(1001)
    assert len(rows) == mixing.ROWS
    assert (rows[0], rows[-1]) == (0, 1000)
    assert set(np.diff(rows)) == {5, 6} or set(np.diff(rows)) == {5}
    np.testing.assert_array_equal(mixing.spread_rows(7), np.arange(7))


def test_superchains_are_judged_by_nested_rhat() -> None:
    """Chains too short to forget themselves agree as superchains, and disagree one by one."""
    info = {"num_superchains": 8}
    sizes = {"chains": 128, "draws": 8}
    values = homoscedastic(**sizes)
    for name in values:
        values[name] = values[name][:, :1] + 0.3 * (values[name] - values[name][:, :1])
    lp = normal(5, **sizes)
    together = posterior(values, bd.Gaussian(), {"lp": lp}, info).diagnose()
    assert together.rhat["f(x)"] > 1.5
    assert together.nested_rhat["f(x)"] < 1.05
    assert not [about for about in together.problems if "R-hat" in about]
    values["bias_0"][16:32] += 3
    apart = posterior(values, bd.Gaussian(), {"lp": lp}, info).diagnose()
    assert apart.problems["Nested R-hat of f(x)"].startswith("Nested R-hat of f(x) is 1.")


def test_superchains_without_the_chains_that_ran_away() -> None:
    out = [{"chain": k, "reason": "…"} for k in (0, 5)]
    info = {"num_superchains": 4, "excluded_chains": out}
    fitted = posterior(homoscedastic(chains=14), bd.Gaussian(), info=info)
    assert fitted.fit.superchains == [0, 0, 0, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3]
    assert fitted.diagnose().nested_rhat["f(x)"] == pytest.approx(1, abs=0.02)
    assert posterior(homoscedastic(), bd.Gaussian()).fit.superchains is None


def test_a_fit_logs_what_is_wrong(caplog: pytest.LogCaptureFixture) -> None:
    X, y = linear.data()
    with caplog.at_level(logging.WARNING, "bayesdrop"):
        bd.fit(linear.model(), X, y, linear.ExactLinear(num_samples=400), progress=False)
        assert caplog.text == ""
        bd.fit(linear.model(), X, y, linear.ExactLinear(num_samples=20), progress=False)
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert "ExactLinear: not converged: " in record.getMessage()
    assert re.search(r"effective sample size is below 100 \(.*f\(x\) \d+", record.getMessage())


@pytest.mark.parametrize(
    ("ended_by", "words"),
    [
        ("interrupted", "; interrupted after 200 draws per chain"),
        ("max_seconds", "; ended by max_seconds after 200 draws per chain"),
        ("num_samples", ""),
        ("converged", ""),
    ],
)
def test_the_summary_says_what_cut_the_sampling_short(ended_by: str, words: str) -> None:
    fitted = posterior(homoscedastic(), bd.Gaussian(), info={"ended_by": ended_by})
    assert fitted.diagnose().summary == f"converged{words}"
    assert fitted.diagnose().ended_by == ended_by
    assert fitted.fit.interrupted is (ended_by == "interrupted")

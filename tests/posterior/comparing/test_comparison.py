"""``bd.compare``: against leave-one-out in closed form, and what can't be compared."""

from __future__ import annotations

import logging
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import linear
import matplotlib
import numpy as np
import pandas as pd
import pytest
from prior_draws import PriorDraws
from scipy.stats import norm

import bayesdrop as bd
from bayesdrop.posterior.comparing.psis_loo import _relative_efficiency

matplotlib.use("Agg")
ROWS = 40
X, Y = linear.data(rows=ROWS, features=3)
METHOD = linear.ExactLinear(num_samples=1000, num_chains=2)


def fitted(features: int = 3, **given: Any) -> bd.Posterior:
    rows: dict[str, Any] = {"X": X[:, :features], "y": Y, "inference": METHOD, "progress": False}
    return bd.fit(linear.model(), **{**rows, **given})


@pytest.fixture(scope="module")
def fits() -> dict[str, bd.Posterior]:
    return {"one": fitted(1), "three": fitted(3)}


@pytest.fixture(scope="module")
def frame(fits: dict[str, bd.Posterior]) -> pd.DataFrame:
    return bd.compare(fits)


@pytest.mark.parametrize("chains", [1, 4])
def test_draws_that_are_independent_count_as_such(chains: int) -> None:
    independent = norm.rvs(size=(chains, 500, 3), random_state=0)
    assert _relative_efficiency(independent) == pytest.approx(1, abs=0.15)
    alike = np.repeat(independent, 4, axis=1)
    assert _relative_efficiency(alike) == pytest.approx(0.25, abs=0.05)


def test_threads_leave_the_filters_of_warnings(fits: dict[str, bd.Posterior]) -> None:
    before = list(warnings.filters)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: bd.compare(fits), range(8)))
    assert warnings.filters == before


def exact_loo(features: int) -> np.ndarray:
    """log p(y_i | all others) of every row, in the target's units."""
    x, y = linear.standardised(X[:, :features]), linear.standardised(Y)
    found = []
    for row in range(len(x)):
        others = np.arange(len(x)) != row
        rest = linear.exact(x[others], y[others])
        at = np.append(x[row], 1.0)
        spread = np.sqrt(at @ rest.covariance @ at + linear.NOISE_SCALE**2)
        found.append(norm.logpdf(y[row, 0], at @ rest.mean[:, 0], spread) - np.log(Y.std()))
    return np.array(found)


def test_the_elpd_is_that_of_fits_without_each_row(frame: pd.DataFrame) -> None:
    three, one = exact_loo(3), exact_loo(1)
    assert list(frame.index) == ["three", "one"]
    assert list(frame["rank"]) == [0, 1]
    np.testing.assert_allclose(frame["elpd_loo"], [three.sum(), one.sum()], atol=0.2)
    np.testing.assert_allclose(frame["elpd_diff"], [0, (three - one).sum()], atol=0.2)
    np.testing.assert_allclose(
        frame["se"], np.sqrt(ROWS) * np.array([three.std(), one.std()]), rtol=0.1
    )
    np.testing.assert_allclose(frame["dse"], [0, np.sqrt(ROWS) * (three - one).std()], rtol=0.1)
    assert frame["weight"].sum() == pytest.approx(1)
    assert frame["p_loo"].between(4, 12).all()
    assert (frame["high_k"] == 0).all()
    assert (frame["warning"] == "").all()
    assert frame["log_evidence"].isna().all()


def test_the_weights_are_those_of_the_stack(
    fits: dict[str, bd.Posterior], frame: pd.DataFrame
) -> None:
    stack = bd.stack(fits)
    assert frame["weight"].to_dict() == pytest.approx(stack.weights, abs=1e-6)
    assert 0 < stack.weights["one"] < 1


def test_units_are_those_of_the_target_whatever_was_standardised(
    fits: dict[str, bd.Posterior],
) -> None:
    """The same posterior written for a target that stayed in its own units."""
    post, scale = fits["three"], float(Y.std())
    training = bd.TrainingData.of(X, Y, standardise_target=True, standardize="X")
    model = bd.Model(bd.MLP(()), likelihood=bd.Gaussian(scale=linear.NOISE_SCALE * scale))
    assert isinstance(post.result, bd.WeightDraws)
    draws = {name: scale * value for name, value in post.result.values.items()}
    draws["bias_0"] = draws["bias_0"] + np.float32(Y.mean())
    raw = replace(
        post,
        bound=training.bound_to(model, "expanded"),
        training=training,
        fit=replace(post.fit, result=replace(post.result, values=draws)),
    )
    frame = bd.compare({"standardised": post, "raw": raw})
    assert frame["elpd_diff"].iloc[1] == pytest.approx(0, abs=1e-3)


def test_the_evidence_is_in_the_target_s_units() -> None:
    post = fitted()
    known = replace(post, fit=replace(post.fit, info={"log_evidence": [-50.0, -50.5]}))
    frame = bd.compare({"known": known, "unknown": post})
    expected = known.log_evidence - ROWS * np.log(Y.std())
    assert frame.loc["known", "log_evidence"] == pytest.approx(expected)
    assert frame.loc["known", "log_evidence_std"] == pytest.approx(known.log_evidence_std)
    assert np.isnan(frame.loc["unknown", "log_evidence"])
    assert "evidence" not in frame.loc["known", "warning"]
    apart = replace(post, fit=replace(post.fit, info={"log_evidence": [-50.0, -52.5]}))
    warning = bd.compare({"apart": apart, "unknown": post}).loc["apart", "warning"]
    assert "the log evidence of the runs differs by 2.5 nats, so it is not known" in warning


def test_several_outputs_are_left_out_together() -> None:
    X, y = linear.data(rows=ROWS, features=2, outputs=2)
    both = bd.fit(linear.model(), X, y, METHOD, progress=False)
    frame = bd.compare({"one": both, "same": both})
    each = [
        bd.compare(dict.fromkeys(("a", "b"), bd.fit(linear.model(), X, y[:, k], METHOD)))
        for k in range(2)
    ]
    expected = sum(one["elpd_loo"].iloc[0] for one in each)
    assert frame["elpd_loo"].iloc[0] == pytest.approx(expected, abs=0.5)


def test_a_high_pareto_k_is_said_in_words(caplog: pytest.LogCaptureFixture) -> None:
    """Draws of the prior, which importance weights do not carry to the posterior."""
    post = fitted(inference=PriorDraws(num_samples=200, num_chains=2))
    with caplog.at_level(logging.WARNING, "bayesdrop"):
        frame = bd.compare({"prior": post, "posterior": fitted()})
    assert frame.loc["prior", "high_k"] > 0
    words = frame.loc["prior", "warning"]
    assert "of 40 rows have a Pareto k above 0.62" in words
    assert "bd.evaluate" in words
    assert f"compare: prior: {words}" in caplog.text
    assert frame.loc["posterior", "warning"] == ""


def test_the_picture(frame: pd.DataFrame) -> None:
    figure = bd.show.comparison(frame)
    assert "three" in [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert list(frame.columns)[-1] == "warning"  # as it was


def counts(likelihood: bd.Likelihood) -> bd.Posterior:
    y = np.arange(ROWS) % 4
    method = PriorDraws(num_chains=2)
    return bd.fit(bd.Model(bd.MLP(()), likelihood=likelihood), X, y, method, progress=False)


def test_fits_that_cannot_be_compared_are_named(fits: dict[str, bd.Posterior]) -> None:
    one = fits["three"]
    refused: list[tuple[Any, str]] = [
        ([one], "by name, .* not a list"),
        ({"a": one, "b": one.draws}, "b is a dict, and not a fit"),
        ({"a": one}, "there are 1 fits"),
        ({"a": one, "b": fitted(X=X[:20], y=Y[:20])}, r"shape \(40,\) and b to one of \(20,\)"),
        ({"a": one, "b": fitted(y=Y + (np.arange(ROWS) < 2))}, "a and b .* 2 of 40 values differ"),
        (
            {"a": one, "trees": fitted(inference=PriorDraws())},
            "trees was fitted by PriorDraws, .*bd.NUTS.*bd.evaluate",
        ),
        (
            {"normal": counts(bd.Gaussian()), "poisson": counts(bd.Poisson())},
            "normal has a density of its target and poisson probabilities",
        ),
    ]
    for given, words in refused:
        with pytest.raises((TypeError, ValueError), match=words):
            bd.compare(given)
    training = replace(one.training, sample_weight=np.full(ROWS, 2.0))
    with pytest.raises(ValueError, match=r"b was fitted with sample_weight.*bd\.evaluate"):
        bd.compare({"a": one, "b": replace(one, training=training)})

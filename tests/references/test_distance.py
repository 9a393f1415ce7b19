"""Distances against closed forms, and against SciPy's of the same draws."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.stats import norm, poisson, wasserstein_distance

import bayesdrop as bd
from bayesdrop.references.given import TargetDraws
from bayesdrop.references.integrals import between_counts, between_numbers
from bayesdrop.references.reference import Reference

RNG = np.random.default_rng(0)
LOGITS = np.tile(np.array([-1, 1], np.float32)[:, None], (5, 64))
"""Half of ten draws at either side of 0."""


def normal(*pairs: tuple[float, float], draws: int = 3) -> bd.Predictive:
    """A row for each mean and standard deviation, of which every draw is the same."""
    loc, scale = (np.tile(np.array(v)[:, None], (draws, 1, 1)) for v in zip(*pairs, strict=True))
    return bd.Predictive(bd.Gaussian(), {"loc": loc, "scale": scale})


def counts(*rates: float) -> bd.Predictive:
    return bd.Predictive(bd.Poisson(), {"rate": np.tile(np.array(rates)[:, None], (3, 1, 1))})


def of(made_up: Reference, likelihood: bd.Likelihood, **parameters: Any) -> Reference:
    """A reference with that likelihood, for what looks at the likelihood alone."""
    model = replace(made_up.problem.model, likelihood=likelihood)
    problem = replace(made_up.problem, model=model)
    return replace(made_up, problem=problem, parameters=parameters, y_test=np.ones(40))


def test_wasserstein_and_total_variation_of_normals() -> None:
    p = normal((0, 1), (0, 1), (2, 1), (0, 1), (5, 0.01))
    q = normal((0, 1), (1.5, 1), (0, 3), (0, 2), (0, 1))
    wasserstein, total = between_numbers(p, q)
    assert wasserstein[[0, 1, 4]] == pytest.approx([0, 1.5, 5], abs=2e-3)
    assert wasserstein[3] == pytest.approx(np.sqrt(2 / np.pi), rel=2e-3)
    levels = (np.arange(100_000) + 0.5) / 100_000
    between = np.abs(norm.ppf(levels, 2, 1) - norm.ppf(levels, 0, 3)).mean()
    assert wasserstein[2] == pytest.approx(between, rel=2e-3)
    assert total is not None
    assert total[[0, 4]] == pytest.approx([0, 1], abs=2e-3)
    assert total[1] == pytest.approx(2 * norm.cdf(0.75) - 1, rel=2e-3)
    crossing = np.sqrt(8 / 3 * np.log(2))  # where the densities of N(0, 1) and N(0, 4) are equal
    expected = 2 * (norm.cdf(crossing) - norm.cdf(crossing / 2))
    assert total[3] == pytest.approx(expected, rel=2e-3)


@pytest.mark.parametrize("spread", [0.5, 1.5, 2.5])
def test_wasserstein_and_total_variation_of_heavy_tails(spread: float) -> None:
    """Mixtures of normals whose scales are spread over decades, against sums on a fine grid.

    Spikes that are finer than the points have too small a total variation, by a few percent.
    """
    loc, other = RNG.normal(size=(2, 200))
    scale = np.exp(spread * RNG.normal(size=200))
    grid = np.sinh(np.linspace(-16, 16, 40_001))
    P, Q = (norm.cdf((grid[:, None] - m) / scale).mean(1) for m in (loc, other + 0.2))
    given, exact = (
        bd.Predictive(bd.Gaussian(), {"loc": m[:, None, None], "scale": scale[:, None, None]})
        for m in (loc, other + 0.2)
    )
    wasserstein, total = between_numbers(given, exact)
    assert total is not None
    assert wasserstein == pytest.approx([np.trapezoid(np.abs(P - Q), grid)], rel=1e-2)
    true = 0.5 * np.abs(np.diff(P - Q)).sum()
    assert true * (0.96 if spread > 2 else 0.99) < total[0] < true + 1e-4


@pytest.mark.parametrize(("apart", "scale", "shift"), [(5, 0.1, 0.02), (50, 0.1, 0.02),
                                                       (1000, 1.0, 0.1)])  # fmt: skip
def test_wasserstein_of_modes_that_lie_apart(apart: float, scale: float, shift: float) -> None:
    p, q = (
        bd.Predictive(
            bd.Gaussian(),
            {"loc": np.array([-apart + by, apart + by])[:, None, None],
             "scale": np.full((2, 1, 1), scale)},
        )
        for by in (0, shift)
    )  # fmt: skip
    assert between_numbers(p, q)[0] == pytest.approx([shift], rel=2e-2)


def test_wasserstein_of_draws_is_scipys() -> None:
    ours, theirs = RNG.normal(size=(50, 4)), 2 * RNG.normal(size=(80, 4)) + 1
    found, total = between_numbers(TargetDraws(ours), TargetDraws(theirs))
    expected = [wasserstein_distance(a, b) for a, b in zip(ours.T, theirs.T, strict=True)]
    assert found == pytest.approx(expected, rel=1e-12)
    assert total is None


def test_wasserstein_of_draws_and_a_mixture() -> None:
    draws = norm.ppf((np.arange(1000) + 0.5) / 1000)[:, None]
    found, _ = between_numbers(TargetDraws(draws), normal((0.7, 1)))
    assert found == pytest.approx([0.7], rel=5e-3)


def test_distances_of_counts() -> None:
    wasserstein, total = between_counts(counts(2, 3, 0.5), counts(2, 5, 4))
    k = np.arange(60)
    for row, (a, b) in enumerate([(2, 2), (3, 5), (0.5, 4)]):
        p, q = poisson.pmf(k, a), poisson.pmf(k, b)
        assert wasserstein[row] == pytest.approx(wasserstein_distance(k, k, p, q), abs=1e-6)
        assert total[row] == pytest.approx(0.5 * np.abs(p - q).sum(), abs=1e-6)


def test_a_reference_is_at_no_distance_from_itself(made_up: Reference) -> None:
    found = bd.distance(made_up.predictive, made_up).summary()
    assert found.pop("coverage_90") == pytest.approx(0.9, abs=1e-6)
    assert set(found) == {
        "wasserstein", "total_variation", "mean_bias", "sd_error", "sd_bias", "f_mean_bias",
        "f_sd_error", "f_sd_bias", "delta_nll",
    }  # fmt: skip
    assert list(found.values()) == pytest.approx([0] * 9, abs=1e-9)


def test_biases_of_both_signs_do_not_cancel_in_an_error(made_up: Reference) -> None:
    """Half of the inputs have a spread that is too large by a half, and half one too small."""
    f = made_up.predictive.parameters["loc"][..., 0].astype(np.float64)
    wider = f.mean(0) + np.resize([1.5, 0.5], 64) * (f - f.mean(0))
    scale = made_up.predictive.parameters["scale"][:, 0, 0]
    summary = bd.distance({"loc": wider, "scale": scale}, made_up).summary()
    assert summary["f_sd_bias"] == pytest.approx(0, abs=1e-4)
    assert summary["f_sd_error"] == pytest.approx(0.5, abs=1e-4)
    assert summary["sd_error"] > 0.1 > abs(summary["sd_bias"])


def test_biases_are_in_the_references_standard_deviations(made_up: Reference) -> None:
    f, scale = made_up.predictive.parameters["loc"][..., 0], 50.0
    ref = replace(made_up, parameters={"loc": f[..., None], "scale": np.full((100, 1, 1), 50.0)})
    spread = f.std(0)
    found = bd.distance({"loc": f.mean(0) + 2 * spread + 0.5 * (f - f.mean(0)), "scale": scale *
                         np.ones(100)}, ref)  # fmt: skip
    assert found.f_mean_bias == pytest.approx(np.full(64, 2.0), abs=1e-4)
    assert found.f_sd_bias == pytest.approx(np.full(64, -0.5), abs=1e-4)
    total = np.hypot(spread, scale)
    assert found.mean_bias == pytest.approx(2 * spread / total, abs=1e-4)
    assert found.sd_bias == pytest.approx(np.hypot(0.5 * spread, scale) / total - 1, abs=1e-4)


def test_a_narrow_prediction_covers_less_and_scores_worse(made_up: Reference) -> None:
    mean = made_up.predictive.mean
    narrow = bd.distance({"loc": mean[None], "scale": np.array([15.0])}, made_up)
    wide = bd.distance({"loc": mean[None], "scale": np.array([500.0])}, made_up)
    assert narrow.coverage_90 is not None
    assert wide.coverage_90 is not None
    assert narrow.coverage_90 < 0.4 < 0.99 < wide.coverage_90
    assert narrow.f_sd_bias == pytest.approx(np.full(64, -1.0))
    exact = made_up.predictive.log_prob(made_up.predictive.mean)
    assert narrow.delta_nll is not None
    scores = norm.logpdf(made_up.y_test, mean[:40], 15.0)
    test_rows = replace(
        made_up.predictive,
        parameters={k: v[:, :40] for k, v in made_up.predictive.parameters.items()},
    )
    expected = np.mean(test_rows.log_prob(made_up.y_test) - scores)
    assert narrow.delta_nll == pytest.approx(expected, rel=1e-4)
    assert exact.shape == (64,)


def test_draws_of_y_say_what_they_can(made_up: Reference) -> None:
    draws = made_up.predictive.sample(4000, seed=1)
    found = bd.distance(draws, made_up)
    assert (found.total_variation, found.f_mean_bias, found.delta_nll) == (None, None, None)
    summary = found.summary()
    assert set(summary) == {"wasserstein", "mean_bias", "sd_error", "sd_bias", "coverage_90"}
    assert summary["wasserstein"] < 0.05
    assert summary["coverage_90"] == pytest.approx(0.9, abs=0.01)
    moved = bd.distance(draws + 100, made_up)
    assert moved.wasserstein == pytest.approx(np.full(64, 100), rel=0.05)


def test_distances_of_classes(made_up: Reference) -> None:
    ref = of(made_up, bd.Bernoulli(), logits=LOGITS[..., None])
    found = bd.distance({"logits": np.full((5, 64), np.log(3.0))}, ref)
    assert found.f_sd_bias == pytest.approx(np.full(64, -1.0))
    assert found.total_variation == pytest.approx(np.full(64, 0.25), abs=1e-6)
    assert found.wasserstein == pytest.approx(found.total_variation)
    assert found.coverage_90 is None
    draws = np.zeros((4, 64))
    draws[0] = 1
    assert bd.distance(draws, ref).wasserstein == pytest.approx(np.full(64, 0.25))


def test_distances_of_several_classes(made_up: Reference) -> None:
    logits = np.stack([LOGITS[..., None] * k for k in (-1, 0.5, 1)], axis=-1)
    ref = of(made_up, bd.Categorical(3), logits=logits)
    same = bd.distance(ref.predictive, ref)
    assert same.wasserstein == pytest.approx(np.zeros(64), abs=1e-12)
    draws = np.tile([0.0, 1.0, 1.0, 1.0], (64, 1)).T
    found = bd.distance(draws, ref)
    shares = np.array([0.25, 0.75, 0.0])
    expected = 0.5 * np.abs(shares - ref.predictive.probabilities[0]).sum()
    assert found.wasserstein == pytest.approx(np.full(64, expected))
    assert found.mean_bias.shape == (64, 3)
    as_others_have_it = bd.distance({"logits": logits[:, :, 0]}, ref)
    assert as_others_have_it.wasserstein == pytest.approx(np.zeros(64), abs=1e-12)
    with pytest.raises(ValueError, match=r"must have \(draws, 64, 3\): predict at"):
        bd.distance({"logits": logits[:, :, 0, 0]}, ref)
    two = bd.Predictive(bd.Bernoulli(), {"logits": LOGITS[..., None]})
    with pytest.raises(ValueError, match="the prediction has 2 classes, and the reference 3"):
        bd.distance(two, ref)


def test_counts_by_the_same_function(made_up: Reference) -> None:
    ref = of(made_up, bd.Poisson(), rate=3 + LOGITS[..., None] / 100)
    found = bd.distance({"rate": np.full(10, 3.0)}, ref)
    assert found.wasserstein == pytest.approx(np.zeros(64), abs=1e-3)
    mass = poisson.cdf(6, 3) - poisson.cdf(0, 3)
    assert found.coverage_90 == pytest.approx(mass, abs=1e-4)


@pytest.mark.parametrize("value", [0.5, -1, 2, 7])
def test_draws_that_are_no_classes(made_up: Reference, value: float) -> None:
    ref = of(made_up, bd.Bernoulli(), logits=LOGITS[..., None])
    with pytest.raises(ValueError, match=f"whole numbers from 0 to 1, and one is {value:g}. Give"):
        bd.distance(np.full((4, 64), value), ref)


@pytest.mark.parametrize("value", [0.5, -1])
def test_draws_that_are_no_counts(made_up: Reference, value: float) -> None:
    ref = of(made_up, bd.Poisson(), rate=3 + LOGITS[..., None] / 100)
    assert bd.distance(np.full((4, 64), 3.0), ref).total_variation is not None
    with pytest.raises(ValueError, match=r"be counts, whole numbers from 0, and one is"):
        bd.distance(np.full((4, 64), value), ref)
    for far in (np.full((4, 64), 2e6), {"rate": np.full(10, 2e6)}):
        with pytest.raises(ValueError, match=r"a count of [\d,]+ is predicted: .* 10,000 at most"):
            bd.distance(far, ref)


def test_a_known_scale_is_one_number(made_up: Reference) -> None:
    f = made_up.predictive.parameters["loc"][..., 0]
    scales = (54.0, np.full(len(f), 54.0), np.full((len(f), 1, 1), 54.0))
    one, each, kept = (bd.distance({"loc": f, "scale": s}, made_up).summary() for s in scales)
    assert one == each == kept
    assert bd.distance(made_up.parameters, made_up).summary()["wasserstein"] == 0


@pytest.mark.parametrize(
    ("pred", "message"),
    [
        (np.zeros((5, 3)), "draws of y have shape (5, 3), and must have (draws, 64)"),
        (np.zeros(64), "predict at reference.X. Draws of f are given by name"),
        (np.full((5, 64), np.nan), "draws of y hold NaN"),
        (np.ma.masked_equal(np.eye(5, 64), 1), "draws of y hold NaN"),
        (
            {"loc": np.zeros((5, 3)), "scale": 1.0},
            "loc has shape (5, 3), and must have (draws, 64)",
        ),
        ({"loc": np.zeros((5, 64))}, "the parameters are loc, and those of Gaussian"),
        ({}, "the parameters are none, and those of Gaussian"),
        ({"loc": np.zeros((5, 64)), "scale": np.ones((4, 64))}, "same number of draws"),
        ({"loc": np.full((5, 64), 1e300), "scale": 1.0}, "loc holds NaN or infinite values"),
        ({"loc": np.zeros((5, 64)), "scale": -1.0}, "scale must be positive"),
        ({"loc": np.zeros((1, 64)), "scale": np.ones(5)}, "1 of loc and 5 of scale"),
        ({"loc": np.zeros((2, 5, 64)), "scale": 1.0}, "put the draws of all chains into the first"),
        (np.zeros((2, 5, 64)), "put the draws of all chains into the first"),
        (normal((0, 1)), "the prediction has 1 rows, and the reference 64 inputs"),
    ],
)
def test_what_is_no_prediction_of_the_inputs(made_up: Reference, pred: Any, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        bd.distance(pred, made_up)


def test_another_kind_of_target(made_up: Reference) -> None:
    with pytest.raises(TypeError, match=r"is of a count target \(Poisson\(\)\), and the reference"):
        bd.distance(counts(*[1.0] * 64), made_up)

"""``bd.sbc``: exact posteriors are calibrated, and what is not one is found out."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import linear
import numpy as np
import pytest
from prior_draws import PriorDraws
from quick import quick

import bayesdrop as bd
from bayesdrop.calibration.uniformity import p_value

X = linear.data(rows=12, features=2)[0]
EXACT = linear.ExactLinear(num_samples=200, num_chains=2)
ARD = bd.Model(bd.MLP((2,)), bd.ARD(bd.noise.InverseNakagami(3.0, 3.0)))


def checked(model: bd.Model, method: bd.Inference, n: int = 60, **given: Any) -> bd.Calibration:
    return bd.sbc(model, method, X, n=n, progress=False, **given)


@cache
def exact() -> bd.Calibration:
    return checked(linear.model(), EXACT)


@dataclass(frozen=True)
class Stretched(linear.ExactLinear):
    """The exact posterior with its deviations, or its mean, multiplied."""

    spread: float = 1.0
    mean: float = 1.0

    def run(self, bound: Any, data: Any, seed: int, progress: Any) -> bd.Fit:
        fit = super().run(bound, data, seed, progress)
        assert isinstance(fit.result, bd.WeightDraws)
        values = {
            name: self.mean * v.mean((0, 1)) + self.spread * (v - v.mean((0, 1)))
            for name, v in fit.result.values.items()
        }
        return replace(fit, result=replace(fit.result, values=values))


def test_an_exact_posterior_is_calibrated() -> None:
    found = exact()
    assert list(found.ranks) == ["f[0]", "f[1]", "f[2]", "log_likelihood"]
    assert all(r.shape == (60,) and 0 <= r.min() <= r.max() <= 100 for r in found.ranks.values())
    assert found.p_value > 0.05
    assert found.summary == "the ranks are uniform at 95 %"
    assert found.rhat.max() < 1.1
    assert found.ess.min() > 100
    frame = found.to_frame()
    assert frame["spread"].between(0.8, 1.2).all()
    assert frame["mean_rank"].between(0.35, 0.65).all()


WRONG: dict[str, tuple[bd.Inference, Any]] = {
    "too narrow": (Stretched(100, spread=0.5), lambda frame: frame["spread"].max() > 1.2),
    "too wide": (Stretched(100, spread=2.5), lambda frame: frame["spread"].min() < 0.8),
    "shrunk": (Stretched(100, mean=0.5), lambda f: f["mean_rank"]["log_likelihood"] > 0.6),
}
"""How it is wrong → a method, and what the ranks show."""


@pytest.mark.parametrize("name", quick(WRONG, lambda name: name == "too narrow"))
def test_a_wrong_posterior_is_found_out(name: str) -> None:
    method, is_found = WRONG[name]
    found = checked(linear.model(), method)
    assert found.p_value < 0.01
    assert "not uniform: " in found.summary
    assert is_found(found.to_frame())


def test_draws_of_the_prior_have_uniform_ranks_but_for_the_likelihood() -> None:
    """What Modrák et al. (2025) warn of: a quantity that depends on the data finds it."""
    found = checked(ARD, PriorDraws(100, 2))
    p_values = found.p_values
    assert p_values.pop("log_likelihood") < 1e-3
    assert set(p_values) == {"f[0]", "f[1]", "f[2]", "unit_scale_0", "unit_scale_1", "noise_scale"}
    assert min(p_values.values()) > 0.005


@pytest.mark.parametrize("form", ["hierarchical", "marginal"])
def test_quantities_have_one_meaning_in_every_form(form: Any) -> None:
    found = checked(ARD, PriorDraws(100, 2, form=form), n=2)
    assert {"f[0]", "noise_scale"} <= set(found.ranks)


@pytest.mark.parametrize(
    "model",
    [
        bd.Model(bd.MLP(()), bd.DropConnect(bd.noise.Bernoulli(0.5)), bd.Poisson()),
        bd.Model(bd.MLP(()), bd.ScaleMixture(bias_scale=0.5), bd.Bernoulli()),
        bd.Model(bd.MLP((2,)), likelihood=bd.HeteroscedasticGaussian()),
        bd.Model(bd.MLP(()), likelihood=bd.Categorical(3)),
    ],
    ids=["counts", "classes", "heteroscedastic", "several classes"],
)
def test_every_kind_of_target(model: bd.Model) -> None:
    found = checked(model, PriorDraws(100, 2), n=4)
    assert all(len(ranks) == 4 for ranks in found.ranks.values())


def test_parts_are_the_whole() -> None:
    parts = [
        checked(linear.model(), EXACT, n=count, first=first) for first, count in ((0, 35), (35, 25))
    ]
    whole = parts[0].joined(parts[1])
    for name, ranks in exact().ranks.items():
        np.testing.assert_array_equal(whole.ranks[name], ranks)
    again = bd.Calibration.from_dict(json.loads(json.dumps(whole.to_dict())))
    assert again.simulations == whole.simulations
    assert [one[1:] for one in whole.simulations] == [(0, 0, 35), (0, 35, 25)]
    assert again.p_values == whole.p_values == exact().p_values
    np.testing.assert_array_equal(again.rhat, whole.rhat)
    with pytest.raises(ValueError, match="num_draws is 100 of one and 20 of the other"):
        whole.joined(checked(linear.model(), EXACT, n=1, num_draws=20))
    for part in (*parts, whole):
        with pytest.raises(ValueError, match=r"the two share data sets: give .* first"):
            whole.joined(part)


def test_other_data_sets_of_one_number_are_joined() -> None:
    X = linear.data()[0]
    one = bd.sbc(linear.model(), EXACT, X, np.int64(2), progress=False)
    for others in (bd.sbc(linear.model(), EXACT, X, 2, seed=1, progress=False),
                   bd.sbc(linear.model(), EXACT, X[:9], 2, progress=False)):  # fmt: skip
        assert one.joined(others).n == 4
    old = {name: v for name, v in one.to_dict().items() if name != "simulations"}
    assert bd.Calibration.from_dict(old).joined(one).n == 4


def test_few_data_sets_do_not_show_that_ranks_are_uniform() -> None:
    few = checked(linear.model(), EXACT, n=2)
    assert few.summary == "too few to judge"
    flat = bd.Calibration("", "", 100, {"f": np.full(40, 3)}, *np.full((2, 40), np.nan))
    assert flat.summary == "not uniform: f"


def test_what_is_no_quantity_and_no_level() -> None:
    with pytest.raises(ValueError, match=r"unknown quantity 'f'; known: f\[0\]"):
        exact().pit("f")
    for level in (95, 0, 1, None):
        with pytest.raises(ValueError, match=f"level={level}: give a probability between 0 and 1"):
            bd.show.rank_ecdf(exact(), level)


def test_p_values_are_uniform_if_the_values_are() -> None:
    rng = np.random.default_rng(0)
    found = np.array([p_value(rng.random(50)) for _ in range(400)])
    assert abs((found < 0.05).mean() - 0.05) < 0.035
    assert abs((found < 0.5).mean() - 0.5) < 0.1
    assert p_value(rng.random(300) ** 1.5) < 1e-3
    assert 0 < p_value(np.array([0.4])) <= 1


def test_the_band_is_arviz_s() -> None:
    """Of ArviZ 0.23, by optimisation."""
    ecdf_utils = pytest.importorskip("arviz.stats.ecdf_utils")
    band = exact().band("f[0]")
    low, high = ecdf_utils.ecdf_confidence_band(
        60, band.points, band.points, prob=0.95, method="optimized"
    )
    np.testing.assert_allclose(band.low, low, atol=1.01 / 60)
    np.testing.assert_allclose(band.high, high, atol=1.01 / 60)
    for name, p in exact().p_values.items():
        band = exact().band(name)
        assert np.all((band.ecdf >= band.low) & (band.ecdf <= band.high)) == (p > 0.05)


def test_the_picture() -> None:
    figure = bd.show.rank_ecdf(exact())
    assert [axes.get_title().split(":")[0] for axes in figure.axes if axes.get_visible()] == list(
        exact().ranks
    )


def test_refusals() -> None:
    learned = bd.Model(bd.MLP((2,)), bd.ARD(bd.noise.HalfCauchy(bd.Learned(1.0))))
    wide = bd.Model(bd.MLP(()), bd.ScaleMixture(base_scale=1e39))
    refused: list[tuple[bd.Model, bd.Inference, dict[str, Any], str]] = [
        (learned, EXACT, {}, "ExactLinear can't be checked on this model: .*no prior to simulate"),
        (linear.model(), bd.GP(), {}, "GP has priors of its own.*bd.NNGP"),
        (linear.model(), EXACT, {"n": 0}, "n=0: give a whole number from 1"),
        (linear.model(), EXACT, {"n": True}, "n=True: give a whole number from 1"),
        (linear.model(), EXACT, {"n_outputs": 1.5}, "n_outputs=1.5: give a whole number from 1"),
        (linear.model(), EXACT, {"num_draws": 500}, "a fit has 400 draws.*num_draws=500"),
        (wide, PriorDraws(100, 2), {}, "infinite or too large to draw: .*base_scale"),
    ]
    with pytest.raises(TypeError, match="must be a configured method"):
        checked(linear.model(), bd.NUTS)  # type: ignore[arg-type]
    for given, words in (
        ({"standardize": "no"}, "standardize='no': give True or False"),
        ({"progress": "no"}, "progress='no': give True, False or a bayesdrop.Progress"),
    ):
        with pytest.raises(TypeError, match=words):
            bd.sbc(linear.model(), EXACT, linear.data()[0], **{"n": 2, **given})  # type: ignore
    for model, method, given, words in refused:
        with pytest.raises(ValueError, match=words):
            checked(model, method, **{"n": 2, **given})

"""Whatever a method leaves that is NaN or infinite is an error of every kind of fit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import linear
import numpy as np
import pytest
from numpy.typing import NDArray
from prior_draws import PriorDraws

import bayesdrop as bd
from bayesdrop.posterior.diagnosis.finished import check_numbers
from bayesdrop.posterior.diagnosis.training_loss import final_loss, share_of_fall_at_end

X, Y = linear.data(rows=12, features=2)
INF, NAN = np.inf, np.nan
CHAINS, DRAWS = 2, 20

Change = Callable[[bd.Fit], bd.Fit]


@dataclass(frozen=True)
class Constant(bd.Predictor):
    """The number in ``state`` at every row."""

    def parameters(
        self, state: Mapping[str, NDArray], bound: bd.BoundModel, X: NDArray, rng: Any
    ) -> dict[str, NDArray]:
        loc = np.full((3, len(X), 1), state["value"][0])
        return {"loc": loc, "scale": np.ones_like(loc)}


@dataclass(frozen=True)
class Left(PriorDraws):
    """What ``change`` makes of draws of the prior is what this method leaves."""

    num_chains: int = CHAINS
    num_samples: int = DRAWS
    change: ClassVar[Change] = staticmethod(lambda fit: fit)

    def run(self, bound: Any, data: Any, seed: int, progress: Any) -> bd.Fit:
        return self.change(super().run(bound, data, seed, progress))

    def continued(self, bound: Any, data: Any, seed: int, earlier: bd.Fit, *rest: Any) -> Any:
        return self, self.change(earlier)


def stats(**changes: float) -> Change:
    """One number of each statistic changed."""

    def change(fit: bd.Fit) -> bd.Fit:
        found = {name: np.zeros((CHAINS, DRAWS)) for name in ("lp", "energy", "acceptance_rate")}
        for name, value in changes.items():
            found[name][1, 3] = value
        assert isinstance(fit.result, bd.WeightDraws)
        return replace(fit, result=replace(fit.result, sample_stats=found))

    return change


def learned(value: float) -> Change:
    def change(fit: bd.Fit) -> bd.Fit:
        assert isinstance(fit.result, bd.WeightDraws)
        return replace(fit, result=replace(fit.result, learned={"unit_scale_0_scale": value}))

    return change


def functions(value: float) -> Change:
    return lambda fit: replace(
        fit, result=bd.FunctionDraws(Constant(), {"value": np.full(1, value)})
    )


def losses(*values: float) -> Change:
    return lambda fit: replace(fit, losses=np.array(values))


def evidence(value: Any) -> Change:
    return lambda fit: replace(fit, info={"log_evidence": value})


BAD: dict[str, tuple[Change, str]] = {
    "log joint": (stats(lp=NAN), r"left 1 value\(s\) of lp, the log joint density, NaN or infinit"),
    "density 0": (stats(lp=-INF), r"left 1 value\(s\) of lp.*, of 40: give it smaller steps"),
    "learned": (learned(NAN), "left the learned unit_scale_0_scale at nan"),
    "loss": (losses(3.0, NAN), "left the last loss at nan"),
    "infinite loss": (losses(3.0, INF), "left the last loss at inf"),
    "evidence": (evidence(NAN), "left the log evidence at nan"),
    "evidence of a run": (evidence([-3.0, -INF]), r"left 1 value\(s\) of the log evidence"),
    "functions": (functions(NAN), r"left 36 value\(s\) of loc at training rows NaN or infinite"),
}
GOOD: dict[str, Change] = {
    "a first loss": losses(INF, 3.0, 2.0),
    "a divergent step": stats(energy=INF, acceptance_rate=NAN),
    "functions": functions(1.0),
    "evidence": evidence([-3.0, -4.0]),
    "a learned number": learned(2.0),
}


def method(monkeypatch: pytest.MonkeyPatch, change: Change) -> Left:
    monkeypatch.setattr(Left, "change", staticmethod(change))
    return Left()


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_number_is_an_error(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    change, words = BAD[name]
    whole = bd.fit(linear.model(), X, Y, Left(), progress=False)
    bad = method(monkeypatch, change)
    with pytest.raises(FloatingPointError, match=rf"Left\(.*\) {words}"):
        bd.fit(linear.model(), X, Y, bad, progress=False)
    with pytest.raises(FloatingPointError, match=words):
        bd.fit_many(linear.model(), [(X, Y), (X, Y)], bad, progress=False)
    with pytest.raises(FloatingPointError, match=words):
        whole.continue_(5, progress=False)
    with pytest.raises(FloatingPointError, match=words):
        bd.sbc(linear.model(), bad, X, n=1, num_draws=9)


@pytest.mark.parametrize("name", GOOD)
def test_what_may_be_infinite_on_the_way_is_none(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = method(monkeypatch, GOOD[name])
    check_numbers(bd.fit(linear.model(), X, Y, good, progress=False))


def test_a_loss_that_begins_at_infinity_still_falls() -> None:
    falling = np.linspace(10, 1, 40)
    whole, cut = falling.copy(), falling.copy()
    cut[0] = INF
    assert final_loss(np.array([INF, 2.0])) == (2.0, None)
    assert share_of_fall_at_end(whole) == pytest.approx(1 / 9, rel=0.1)
    assert share_of_fall_at_end(cut) == pytest.approx(1 / 8, rel=0.1)
    cut[-1] = INF
    assert share_of_fall_at_end(cut) is None

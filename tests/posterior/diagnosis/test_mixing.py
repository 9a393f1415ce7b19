"""The chains of a predictor of one's own are judged, whatever it keeps its draws in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import bayesdrop as bd
from bayesdrop.posterior.results.function_draws import Predictor

X, Y = np.linspace(-1, 1, 6)[:, None], np.linspace(0, 1, 6)


@dataclass(frozen=True)
class Waves(Predictor):
    """Lines whose slopes are drawn by the seed that it keeps."""

    num_draws: int

    def parameters(
        self, state: Mapping[str, Any], bound: Any, X: Any, rng: np.random.Generator
    ) -> bd.family.Parameters:
        slopes = np.random.default_rng(int(state["seed"])).normal(size=(self.num_draws, 1, 1))
        loc = (slopes * X).astype(np.float32)
        return {"loc": loc, "scale": np.full_like(loc, 0.5)}


def fitted(num_draws: int) -> bd.Posterior:
    training = bd.TrainingData.of(X, Y, True)
    bound = training.bound_to(bd.Model(bd.MLP(())), "expanded")
    draws = bd.FunctionDraws(Waves(num_draws), {"seed": np.array(3)}, num_chains=2)
    return bd.Posterior(bound, bd.GP(), 0, training, bd.Fit(draws))


def test_draws_are_counted_by_a_prediction() -> None:
    found = fitted(400).diagnose()
    assert (found.num_chains, found.num_draws) == (2, 200)
    assert found.max_rhat_f == pytest.approx(1.0, abs=0.02)


def test_chains_of_unequal_length_are_refused_in_words() -> None:
    with pytest.raises(ValueError, match=r"2 chains and 401 draws.*another num_chains, or None"):
        fitted(401).diagnose()

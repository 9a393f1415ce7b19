"""What a fit is refused for before the rows are looked at."""

from __future__ import annotations

from typing import Any

import linear
import pytest
from never_run import NeverRun

import bayesdrop as bd

X, Y = linear.data(rows=30, features=3)


@pytest.mark.parametrize(
    ("model", "inference", "words"),
    [
        ("ard", NeverRun(), "model must be a bd.Model, not str"),
        (bd.MLP((3,)), NeverRun(), "model must be a bd.Model, not MLP"),
        (linear.model(), bd.NUTS, "must be a configured method.*call it, for example bd.NUTS()"),
        (linear.model(), "nuts", "inference must be a configured method, not 'nuts'"),
    ],
)
def test_what_is_no_model_or_method_is_refused(model: Any, inference: Any, words: str) -> None:
    with pytest.raises(TypeError, match=words):
        bd.fit(model, X, Y, inference)


def test_a_model_that_a_method_cannot_run_is_refused_before_the_data_are_looked_at() -> None:
    model = bd.Model(bd.MLP((3,)), bd.ARD(bd.noise.Bernoulli(0.9)))
    with pytest.raises(bd.UnsupportedModelError, match="NUTS can't run this model: unit_scale_0"):
        bd.fit(model, X, Y, bd.NUTS(form="hierarchical"))


@pytest.mark.parametrize("what", ["seeds", "feature_names"])
def test_fit_many_takes_one_of_each_for_every_data_set(what: str) -> None:
    given = {"seeds": [0], "feature_names": [["a", "b", "c"]]}[what]
    with pytest.raises(ValueError, match=f"1 {what} for 2 data sets"):
        bd.fit_many(linear.model(), [(X, Y), (X, Y)], NeverRun(), **{what: given})


@pytest.mark.parametrize("seed", [-1, 1.5, True, "0", None, 2**32])
def test_a_seed_that_is_no_whole_number_is_refused(seed: Any) -> None:
    with pytest.raises(ValueError, match="seed must be a whole number from 0"):
        bd.fit(linear.model(), X, Y, NeverRun(), seed=seed)

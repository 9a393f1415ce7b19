"""Which methods a refusal names: those that run the model."""

from __future__ import annotations

from typing import Any

import linear
import numpy as np
import pytest

import bayesdrop as bd
from bayesdrop.alternatives import methods_for
from bayesdrop.infer.function_space.deep_gp import settings as deep_gp

LEARNED = bd.Model(bd.MLP((3,)), bd.ARD(bd.noise.Bernoulli(bd.Learned(0.9))))
HEAVY = bd.Model(bd.MLP((3,)), bd.ARD(bd.noise.HalfCauchy(bd.Learned(1.0))))
X, Y = linear.data(rows=30, features=3)


@pytest.mark.parametrize(
    ("model", "names", "words"),
    [
        (linear.model(), ("NUTS", "SVI"), "bd.NUTS or bd.SVI"),
        (linear.model(), ("NUTS", "SVI", "MAP"), "bd.NUTS, bd.SVI or bd.MAP"),
        (LEARNED, ("NUTS", "MCDropout"), "bd.MCDropout"),
        (LEARNED, ("NUTS", "NNGP"), "bd.SVI or bd.MCDropout"),
        (HEAVY, ("NUTS", "MCDropout"), "bd.SVI"),
    ],
)
def test_it_names_those_that_run_the_model(
    model: bd.Model, names: tuple[str, ...], words: str
) -> None:
    assert methods_for(model, *names) == words


def test_a_method_is_no_alternative_to_itself() -> None:
    assert methods_for(linear.model(), "NUTS", "SVI", but="NUTS") == "bd.SVI"
    assert methods_for(LEARNED, "NUTS", but="SVI") == "bd.MCDropout"
    assert methods_for(HEAVY, but="SVI") == ""


def test_methods_that_ask_about_each_other_come_to_an_end() -> None:
    for method in (bd.NUTS(), bd.MCDropout()):
        assert "Use bd.SVI, or" in str(method.supports(HEAVY))


def test_asking_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(self: bd.NUTS, model: bd.Model) -> str | None:
        raise RuntimeError("on purpose")

    with monkeypatch.context() as patch:
        patch.setattr(bd.NUTS, "supports", failing)
        with pytest.raises(RuntimeError, match="on purpose"):
            methods_for(LEARNED, "NUTS")
    assert methods_for(LEARNED, "MCDropout") == "bd.MCDropout"


def test_weights_of_rows_name_what_runs_this_model() -> None:
    search = bd.GridSearch(bd.MCDropout(), {"inference.learning_rate": (0.01,)})
    with pytest.raises(bd.UnsupportedModelError, match=r"alike\. Use bd\.SVI or bd\.MCDropout$"):
        bd.fit(LEARNED, X, Y, search, progress=False, sample_weight=np.ones(len(X)))


def test_rows_in_their_own_units_name_what_runs_this_model() -> None:
    words = r"use bd\.SVI or bd\.MCDropout, whose priors"
    with pytest.raises(bd.UnsupportedModelError, match=words):
        bd.fit(LEARNED, X, Y, bd.GP(), progress=False, standardize=False)


@pytest.mark.parametrize("method", [bd.GP(max_rows=20), bd.NNGP(max_rows=20)])
def test_too_many_rows_name_what_is_installed(
    method: bd.Inference, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, found = bd.Model(bd.MLP((3,))), []
    for installed in (object(), None):
        monkeypatch.setattr(deep_gp, "find_spec", lambda name, installed=installed: installed)
        with pytest.raises(bd.UnsupportedModelError, match=r"max_rows=20.* got 30") as error:
            bd.fit(model, X, Y, method, progress=False)
        found.append(str(error.value).partition("or use ")[2])
    assert found == ["bd.DeepGP or bd.SVI with a batch_size", "bd.SVI with a batch_size"]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, r'Use subset="last_layer", or bd\.SVI or bd\.DeepEnsemble$'),
        ({"subset": "last_layer"}, r"Use bd\.SVI or bd\.DeepEnsemble$"),
    ],
)
def test_too_many_weights_for_laplace(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(bd.UnsupportedModelError, match=words):
        bd.fit(bd.Model(bd.MLP((40_000,))), X, Y, bd.Laplace(**settings), progress=False)

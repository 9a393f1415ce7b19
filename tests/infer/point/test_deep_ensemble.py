"""Deep ensembles: members that are modes of their own, wherever they train."""

from __future__ import annotations

from functools import cache
from typing import Any

import linear
import numpy as np
import pytest

import bayesdrop as bd
from bayesdrop.infer.point import training

LEARNED = bd.Model(bd.MLP(()), linear.model().prior)
NET = bd.Model(bd.MLP((4,), "tanh"))


@cache
def fitted(model: bd.Model, method: bd.Inference, seed: int = 0) -> bd.Posterior:
    return bd.fit(model, *linear.data(), method, seed=seed, progress=False)


def values(posterior: bd.Posterior) -> dict[str, Any]:
    assert posterior.draws is not None
    return posterior.draws


def test_gradients_are_those_of_all_members() -> None:
    posterior = fitted(linear.model(), bd.DeepEnsemble(num_members=3, num_steps=5))
    assert posterior.fit.info["gradients"] == 3 * 5


@pytest.mark.slow
def test_every_member_reaches_the_one_mode_of_the_linear_model() -> None:
    posterior = fitted(linear.model(), bd.DeepEnsemble(num_members=3, num_steps=2000))
    found = linear.stacked(posterior.draws)
    assert found.shape == (1, 3, 6, 1)
    exact = np.broadcast_to(linear.exact_of(*linear.data()).mean, found.shape)
    np.testing.assert_allclose(found, exact, atol=1e-3)
    assert posterior.fit.info["gradients"] == 3 * 2000
    assert posterior.diagnose().max_rhat_f is None


@pytest.mark.slow
def test_members_have_starts_and_held_out_rows_of_their_own() -> None:
    members = values(fitted(NET, bd.DeepEnsemble(num_members=4, num_steps=100)))
    assert len(np.unique(members["weight_0"][0, :, 0, 0])) == 4
    scales = values(fitted(LEARNED, bd.DeepEnsemble(num_members=4, num_steps=1000)))
    assert len(np.unique(scales["noise_scale"][0].round(3))) == 4


@pytest.mark.slow
def test_where_members_train_does_not_change_them() -> None:
    settings: dict[str, Any] = {"num_members": 2, "num_steps": 60, "batch_size": 16}
    found = {
        method: values(fitted(NET, bd.DeepEnsemble(**settings, chain_method=method)))
        for method in ("parallel", "sequential", "vectorized")
    }
    for name, value in found["sequential"].items():
        np.testing.assert_allclose(found["vectorized"][name], value, atol=1e-4)
        np.testing.assert_allclose(found["parallel"][name], value, atol=1e-4)


@pytest.mark.slow
def test_an_ensemble_of_one_is_the_mode() -> None:
    one = values(fitted(LEARNED, bd.DeepEnsemble(num_members=1, num_steps=60)))
    for name, value in values(fitted(LEARNED, bd.MAP(num_steps=60))).items():
        np.testing.assert_allclose(one[name], value, atol=1e-5)


def test_a_prediction_is_the_equal_mixture_of_the_members() -> None:
    posterior = fitted(LEARNED, bd.DeepEnsemble(num_members=4, num_steps=100))
    X, y = linear.data()
    pred = posterior.predict(X)
    loc, scale = pred.parameters["loc"][..., 0], pred.parameters["scale"][..., 0]
    assert loc.shape == (4, 60)
    density = np.exp(-0.5 * ((y - loc) / scale) ** 2) / scale / np.sqrt(2 * np.pi)
    np.testing.assert_allclose(pred.log_prob(y), np.log(density.mean(0)), rtol=1e-4)
    assert pred.epistemic_std.min() > 0


def test_every_member_starts_elsewhere() -> None:
    """At a draw of the prior of its own; positive sites are at their prior's median in all."""
    bound = linear.model(bd.noise.HalfCauchy(0.7)).bind(5, 1)
    found = {name: np.asarray(value) for name, value in training._starts(bound, 0, 3).items()}
    for name in ("weight_0_base", "bias_0"):
        first, *others = found[name]
        assert not any(np.any(first == other) for other in others)
    np.testing.assert_allclose(np.exp(found["unit_scale_0"]), 0.7, rtol=1e-3)


def test_bad_settings() -> None:
    with pytest.raises(ValueError, match="num_members"):
        bd.DeepEnsemble(num_members=0)
    with pytest.raises(ValueError, match="chain_method"):
        bd.DeepEnsemble(chain_method="both")  # type: ignore[arg-type]

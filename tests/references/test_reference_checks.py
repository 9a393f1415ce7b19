"""What a reference holds of a fit, and when draws are good enough to be one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from prior_draws import PriorDraws

import bayesdrop as bd
from bayesdrop.references import checks
from bayesdrop.references.checks import Mixed, disagreement, mixed
from bayesdrop.references.quantities import quantities

GOOD = Mixed(4, 1000, 1.009, 1.009, 1001.0, 1001.0, 0, 0)
NOISE = bd.noise.InverseNakagami(3.0, 3.0)
RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(30, 3)), RNG.normal(size=30)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, None),
        ({"max_rhat": 1.01}, "R-hat is 1.010"),
        ({"max_rhat": float("inf")}, "R-hat is inf"),
        ({"min_bulk_ess": 1000.0}, "bulk ESS is 1000"),
        ({"min_tail_ess": 999.0}, "tail ESS is 999"),
        ({"divergences": 1}, "1 draws diverged"),
        ({"left_out": 2}, "2 chains ran away"),
    ],
)
def test_what_is_not_good_enough(changes: dict[str, Any], words: str | None) -> None:
    assert replace(GOOD, **changes).faults == (() if words is None else (words,))


def fitted(model: bd.Model, draws: int = 200) -> bd.Posterior:
    return bd.fit(model, X, Y, PriorDraws(num_samples=draws, num_chains=4), progress=False)


def test_scales_of_features_and_layers_are_kept_and_those_of_hidden_units_are_not() -> None:
    network = bd.ResNet(hidden=4, depth=2)
    posterior = fitted(bd.Model(network, bd.ARDADD(NOISE, NOISE)))
    found = quantities(posterior, X[:5])
    assert {name: value.shape for name, value in found.parameters.items()} == {
        "loc": (800, 5, 1),
        "scale": (800, 1, 1),
    }
    assert {name: value.shape for name, value in found.scales.items()} == {
        "unit_scale_0": (800, 3),
        "layer_scale_1": (800,),
    }
    predicted = posterior.predict(X[:5]).parameters
    assert np.allclose(found.parameters["loc"], predicted["loc"])
    assert np.allclose(found.parameters["scale"][:, 0], predicted["scale"][:, 3])


def test_scales_have_a_size_and_masks_are_no_scales() -> None:
    posterior = fitted(bd.Model(bd.MLP((4,)), bd.ARD(bd.noise.Gaussian(1.0))))
    assert np.all(quantities(posterior, X).scales["unit_scale_0"] > 0)
    posterior = fitted(bd.Model(bd.MLP((4,)), bd.ARD(bd.noise.Bernoulli(0.5))))
    assert quantities(posterior, X).scales == {}


def test_thinned_draws_are_of_every_chain() -> None:
    found = quantities(fitted(bd.Model(bd.MLP(()))), X)
    thinned = found.thinned(100)
    assert thinned.parameters["loc"].shape == (100, 30, 1)
    assert np.array_equal(thinned.parameters["loc"][0], found.parameters["loc"][0])
    assert np.array_equal(thinned.parameters["loc"][-1], found.parameters["loc"][-1])
    assert thinned.parameters["scale"].shape == (100, 1, 1)


def test_a_known_noise_scale_is_no_quantity_that_mixes() -> None:
    found = quantities(fitted(bd.Model(bd.MLP(()), likelihood=bd.Gaussian(scale=0.5))), X)
    assert set(found.by_chain(4)) == {"loc"}


def test_chains_at_different_places_have_not_mixed() -> None:
    posterior = fitted(bd.Model(bd.MLP(()), bd.ARD(NOISE)))
    good = mixed(posterior, quantities(posterior, X))
    assert good.max_rhat < 1.05
    assert good.max_rhat_f <= good.max_rhat
    assert (good.num_chains, good.num_draws, good.divergences) == (4, 200, 0)
    assert 400 < good.min_bulk_ess < 1100
    result = posterior.result
    assert isinstance(result, bd.WeightDraws)
    values = dict(result.values)
    values["bias_0"] = values["bias_0"] + np.arange(4.0, dtype=np.float32)[:, None, None]
    stats = {"diverging": np.eye(4, 200, dtype=bool)}
    fit = replace(
        posterior.fit,
        result=bd.WeightDraws(values, stats),
        info={"excluded_chains": [{"chain": 4, "reason": "it left"}]},
    )
    apart = replace(posterior, fit=fit)
    bad = mixed(apart, quantities(apart, X))
    assert bad.max_rhat_f > 1.3
    assert bad.min_bulk_ess < 50
    assert (bad.divergences, bad.left_out) == (4, 1)


def test_how_far_samplers_are_apart() -> None:
    ours, theirs = (RNG.normal(size=(4, 1000, 3)).astype(np.float32) for _ in range(2))
    same = disagreement({"f": ours}, {"f": theirs})
    assert set(same) == {"mean", "sd", "q05", "q95"}
    assert max(same.values()) < 4
    error = np.sqrt(2 / 4000)
    moved = disagreement({"f": ours}, {"f": ours + np.float32(6 * error)})
    assert moved["mean"] == pytest.approx(6, rel=0.1)
    assert moved["sd"] == pytest.approx(0, abs=0.01)
    wider = disagreement({"f": ours}, {"f": ours * np.float32(1.2)})
    assert wider["sd"] > 8
    assert min(wider["q05"], wider["q95"]) > 4
    assert wider["mean"] < 0.5


def test_what_one_sampler_lacks_is_no_agreement() -> None:
    """A scale that stands still in one of them is not among its quantities."""
    draws = RNG.normal(size=(4, 100, 2)).astype(np.float32)
    both = {"f": draws, "scale": draws}
    for pair in ((both, {"f": draws}), ({"f": draws}, both)):
        assert set(disagreement(*pair).values()) == {np.inf}


def test_an_unknown_error_is_no_agreement(monkeypatch: pytest.MonkeyPatch) -> None:
    draws = RNG.normal(size=(4, 100, 2)).astype(np.float32)
    still = draws.copy()
    still[..., 1] = 3.0
    assert max(disagreement({"f": still}, {"f": still}).values()) == 0
    assert disagreement({"f": draws}, {"f": still})["sd"] > 4
    unknown = draws.copy()
    unknown[0, 0, 0] = np.nan
    assert disagreement({"f": draws}, {"f": unknown})["mean"] == np.inf
    monkeypatch.setattr(
        checks, "mcse_of_draws", lambda draws, *args, **settings: np.full(2, np.inf)
    )
    assert disagreement({"f": draws}, {"f": draws + 1})["mean"] == np.inf

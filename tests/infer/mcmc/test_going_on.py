"""Every sampler's chains go on as if nothing had been, from a fit and from a file, and may stop."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import linear
import numpy as np
import pytest

import bayesdrop as bd
from bayesdrop.infer.mcmc.chain_states import steps_of_starts
from bayesdrop.programs.host_devices import use_host_devices

use_host_devices()
pytestmark = pytest.mark.usefixtures("programs_of_its_own")

HALF_CAUCHY, BERNOULLI = bd.noise.HalfCauchy(), bd.noise.Bernoulli(0.6)
SHORT: dict[str, Any] = {"num_warmup": 20, "num_samples": 30, "num_chains": 2}
TREES: dict[str, Any] = SHORT | {"max_tree_depth": 3}
MCLMC: dict[str, Any] = {
    **SHORT,
    "num_warmup": 100,
    "num_chains": 4,
    "steps_per_draw": 4,
    "training_steps": 20,
}
CASES: dict[str, tuple[bd.noise.Noise | None, Any]] = {
    "nuts": (None, bd.NUTS(**TREES)),
    "nuts_low_rank": (None, bd.NUTS(**TREES, low_rank=True)),
    "nuts_dense": (None, bd.NUTS(**TREES, dense_mass=True)),
    "nuts_enumerate": (BERNOULLI, bd.NUTS(**TREES, discrete="enumerate")),
    "nuts_gibbs": (BERNOULLI, bd.NUTS(**TREES, discrete="gibbs")),
    "hmc_trained": (None, bd.HMC(**SHORT, num_steps=3, init_strategy="trained")),
    "gibbs_hmc": (HALF_CAUCHY, bd.GibbsHMC(**TREES)),
    "mclmc": (None, bd.MCLMC(**MCLMC)),
    "mclmc_adjusted": (None, bd.MCLMC(**MCLMC | {"num_warmup": 1000}, adjusted=True)),
    "chees": (None, bd.ChEES(**SHORT, training_steps=20)),
    "sghmc": (None, bd.SGHMC(**SHORT, steps_per_draw=3, training_steps=20, batch_size=5)),
}


def same(one: bd.Posterior, other: bd.Posterior) -> None:
    for first, second in (
        (one.draws, other.draws),
        (one.sample_stats, other.sample_stats),
        (one.fit.state, other.fit.state),
    ):
        assert first is not None
        assert second is not None
        assert first.keys() == second.keys()
        for name, array in first.items():
            np.testing.assert_array_equal(array, second[name], err_msg=name)
            assert array.dtype == second[name].dtype


def fit(name: str, **changes: Any) -> bd.Posterior:
    unit, method = CASES[name]
    X, y = linear.data(rows=20, features=2)
    return bd.fit(linear.model(unit), X, y, replace(method, **changes), progress=False)


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_chains_go_on_and_stop(name: str, tmp_path: Path) -> None:
    whole, first = fit(name, num_samples=80), fit(name)
    first.save(tmp_path / "fit.nc")
    longer = bd.load(tmp_path / "fit.nc").continue_(50, progress=False)
    same(longer, whole)
    assert longer.inference == whole.inference
    assert longer.fit.info["gradients"] == whole.fit.info["gradients"]
    for site, probability in whole.fit.info.get("inclusion_probability", {}).items():
        found = longer.fit.info["inclusion_probability"][site]
        assert found == pytest.approx(probability, rel=1e-6)
    assert longer.fit.info["compilations"] <= 1

    budget = first.fit.info["gradients"]
    stop = bd.Converged(max_rhat=1.0001, max_gradients=budget)
    stopped = fit(name, num_samples=4000, stop=stop)
    assert stopped.fit.info["ended_by"] == "max_gradients"
    assert budget <= stopped.fit.info["gradients"]
    count = stopped.diagnose().num_draws
    assert count <= 50
    for site, draws in (stopped.draws or {}).items():
        made = min(count, 80)
        np.testing.assert_array_equal(draws[:, :made], (whole.draws or {})[site][:, :made])


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_superchains_share_a_start_and_no_randomness(name: str) -> None:
    shared = fit(name, num_chains=6, num_superchains=2, num_samples=60)
    assert shared.fit.superchains == [0, 0, 0, 1, 1, 1]
    for site, draws in (shared.draws or {}).items():
        different = np.unique(draws.reshape(6, -1), axis=0)
        assert len(different) == 6 or draws.dtype == np.int32, site  # masks may agree
    assert shared.diagnose().nested_rhat.keys() == shared.diagnose().rhat.keys()


@pytest.mark.slow
def test_shared_starts_are_trained_and_counted_once() -> None:
    few: dict[str, Any] = {"num_chains": 4, "training_steps": 1}
    alone, shared = (fit("mclmc", num_superchains=count, **few) for count in (None, 2))
    assert alone.fit.info["gradients"] - shared.fit.info["gradients"] == 2


def test_the_steps_of_trainings_that_ended_early_are_counted() -> None:
    steps = np.array([30, 30, 50, 50])
    assert steps_of_starts(bd.MCLMC(num_chains=4), steps) == 160
    assert steps_of_starts(bd.MCLMC(num_chains=4, num_superchains=2), steps) == 80

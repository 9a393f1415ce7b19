"""Several data sets in one program: every sampler makes the draws that it makes of each alone.

The draws are of float64. In float32 another layout rounds otherwise, and steps let that grow to a
tenth: chains of one data set differ as much between ``"vectorized"`` and ``"sequential"``.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import jax
import numpy as np
import pytest

import bayesdrop as bd

FEW: dict[str, Any] = {"num_chains": 2, "num_samples": 2}
SAMPLERS: dict[str, Any] = {
    "NUTS": bd.NUTS(num_warmup=3, max_tree_depth=3, **FEW),
    "NUTS, low rank": bd.NUTS(num_warmup=20, max_tree_depth=2, low_rank=True, **FEW),
    "NUTS, Gibbs": bd.NUTS(num_warmup=3, max_tree_depth=2, discrete="gibbs", **FEW),
    "HMC": bd.HMC(num_warmup=3, num_steps=3, **FEW),
    "GibbsHMC": bd.GibbsHMC(num_warmup=3, max_tree_depth=3, **FEW),
    "MCLMC": bd.MCLMC(num_warmup=100, steps_per_draw=2, training_steps=400, **FEW),
    "MCLMC, adjusted": bd.MCLMC(num_warmup=1000, adjusted=True, training_steps=400, **FEW),
    "ChEES": bd.ChEES(num_warmup=5, max_num_steps=5, training_steps=100, **FEW),
    "SGHMC": bd.SGHMC(num_warmup=4, steps_per_draw=2, training_steps=100, batch_size=8, **FEW),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", SAMPLERS)
def test_draws_are_those_of_each_alone(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sampler = SAMPLERS[name]
    if isinstance(sampler, bd.ChEES):  # which has no choice of it
        monkeypatch.setattr("bayesdrop.infer.engine.devices.resolve", lambda *_: "vectorized")
    else:
        sampler = dataclasses.replace(sampler, chain_method="vectorized")
    noise: bd.Noise = bd.noise.InverseNakagami(3.0, 3.0)
    prior = bd.ARD(bd.noise.Bernoulli(0.5) if "Gibbs" in name and "NUTS" in name else noise)
    model = bd.Model(bd.MLP((2,)), prior)
    rng = np.random.default_rng(0)
    data = [(X, np.sin(X[:, 0]) + k) for k, X in enumerate(rng.normal(size=(3, 20, 2)))]
    enable_x64 = jax.enable_x64
    monkeypatch.setattr(jax, "enable_x64", lambda _: enable_x64(True))  # in a fit's own settings
    together = bd.fit_many(model, data, sampler, [7, 8, 9], progress=False)
    each = [
        bd.fit(model, X, y, sampler, seed, progress=False)
        for (X, y), seed in zip(data, [7, 8, 9], strict=True)
    ]
    for alone, found in zip(each, together, strict=True):
        assert found.fit.info["sets_together"] == 3
        for site, draws in (alone.draws or {}).items():
            assert draws.dtype in (np.float64, np.int64)  # masks are whole numbers
            np.testing.assert_allclose((found.draws or {})[site], draws, rtol=1e-6, atol=1e-8)

"""Every method that draws from the exact posterior, against one frozen long run of the tiny BNN.

Means and variances of f(x) at 20 points, within four combined Monte Carlo standard errors. A method
can't pass by being noisy: its own effective sample size has a lower bound.
"""

from __future__ import annotations

from typing import Any

import pytest
import tiny_bnn

import bayesdrop as bd

CHAINS: dict[str, Any] = {"num_warmup": 500, "num_samples": 1000, "num_chains": 2}
METHODS: dict[str, bd.Inference] = {
    "nuts": bd.NUTS(**CHAINS, target_accept_prob=0.9),
    "nuts_low_rank": bd.NUTS(**CHAINS, target_accept_prob=0.9, low_rank=True),
    "nuts_hierarchical": bd.NUTS(**CHAINS, target_accept_prob=0.9, form="hierarchical"),
    "nuts_not_centred": bd.NUTS(**CHAINS, target_accept_prob=0.9, centring=None),
    "hmc": bd.HMC(**CHAINS, target_accept_prob=0.9, num_steps=32),
    "chees": bd.ChEES(num_warmup=500, num_samples=500),
    "chees_hierarchical": bd.ChEES(
        num_warmup=500, num_samples=500, target_accept_prob=0.95, form="hierarchical"
    ),
    "gibbs_hmc": bd.GibbsHMC(**CHAINS),
    "mclmc_adjusted": bd.MCLMC(
        num_warmup=15000, num_samples=2500, num_chains=4, steps_per_draw=8, adjusted=True
    ),
}
"""Name → an exact method."""

pytestmark = pytest.mark.slow
LIMIT = 4.0
MIN_ESS = 300


def fitted(method: bd.Inference, model: bd.Model | None = None) -> tiny_bnn.Moments:
    model = model or tiny_bnn.model()
    posterior = bd.fit(model, *tiny_bnn.data(), method, seed=0, progress=False)
    assert posterior.diagnose(tiny_bnn.points()).max_rhat_f < 1.05
    moments = tiny_bnn.Moments.of(posterior)
    assert moments.ess.min() > MIN_ESS, "too few draws to tell"
    return moments


@pytest.mark.parametrize("name", METHODS)
def test_means_and_variances_of_f_are_the_references(name: str) -> None:
    z = fitted(METHODS[name]).z_scores(tiny_bnn.Moments.of_reference())
    assert abs(z[0]).max() < LIMIT, "mean"
    assert abs(z[1]).max() < LIMIT, "variance"


def test_a_slightly_wrong_prior_is_told_apart() -> None:
    """λ greater by a factor of 1.3 in the prior."""
    wrong = fitted(METHODS["nuts"], tiny_bnn.model(rate=1.3**2 * 3.0))
    assert abs(wrong.z_scores(tiny_bnn.Moments.of_reference())).max() > LIMIT

"""Geweke's (2004) joint distribution test of the Gibbs kernels, "Getting it right".

A step of the sampler given the data alternates with data drawn given its variables. If the step
leaves the posterior as it is, for every data set, then the variables stay distributed as the prior.
So the test needs no posterior, and sees every conditional draw in its place beside NUTS.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from monte_carlo import mean_and_error
from numpy.typing import NDArray
from numpyro.infer import HMCGibbs

import bayesdrop as bd
from bayesdrop.infer.mcmc.gibbs_hmc.conjugate import with_conjugate_scales
from bayesdrop.infer.mcmc.hmc.kernel import Compose, build_kernel
from bayesdrop.posterior.diagnosis.chain_statistics import rhat_of_draws
from bayesdrop.posterior.export.prior_draws import prior_draws

pytestmark = pytest.mark.slow

IN, HC = bd.noise.InverseNakagami(3.0, 2.0), bd.noise.HalfCauchy(0.6)
NOISE = bd.Gaussian(scale=IN)
"""Its scale keeps away from 0, where y is f(x) and no step of a fixed size is accepted."""
MODELS: dict[str, bd.Model] = {
    "ard": bd.Model(bd.MLP((2,), "tanh"), bd.ARD(IN), NOISE),
    "horseshoe": bd.Model(bd.MLP((2,), "tanh"), bd.ARD(HC), NOISE),
    "ard_add": bd.Model(bd.ResNet(2, 2, "tanh"), bd.ARDADD(IN, HC), NOISE),
    "ard_add_of_which_one_is_moved": bd.Model(
        bd.ResNet(2, 2, "tanh"), bd.ARDADD(IN, bd.noise.Rayleigh(0.7)), NOISE
    ),
    "laplace_weights": bd.Model(
        bd.MLP((2,), "tanh"), bd.DropConnect(bd.noise.Rayleigh(0.7)), NOISE
    ),
}
METHOD = bd.GibbsHMC(
    num_warmup=1000, target_accept_prob=0.9, max_tree_depth=6, integrate_noise_scale=False
)
X = np.random.default_rng(0).normal(size=(4, 2)).astype(np.float32)
CHAINS, SWEEPS, DISCARDED, LIMIT = 4, 10_000, 2000, 4.5
"""Steps of fixed size would stand still; they are tuned in the warm-up, and stay as they are."""


def z_scores(model: bd.Model, compose: Compose) -> NDArray[np.float64]:
    """How far the mean log size of each variable is from the prior's, in standard errors."""
    bound = model.bind(2, 1, "hierarchical")
    kernel = build_kernel(METHOD, bound, "none", compose)
    rows = jnp.asarray(X)

    def sweep(carry: tuple[Any, Any, Any], index: Any) -> tuple[Any, Any]:
        key, state, y = carry
        key, data_key = jax.random.split(key)
        state, info = kernel.step(index, state, (rows, y))
        values = kernel.observe(state, info, (rows, y)).values
        parameters = bound.forward(values, rows)
        noise = jax.random.normal(data_key, y.shape)
        y = parameters["loc"] + parameters["scale"] * noise
        return (key, state, y), {name: sizes(v).reshape(-1) for name, v in values.items()}

    def chain(key: Any) -> Any:
        start_key, key = jax.random.split(key)
        y = jnp.zeros((len(X), 1))
        state = kernel.init(start_key, (rows, y))
        return jax.lax.scan(sweep, (key, state, y), jnp.arange(SWEEPS))[1]

    moved = jax.jit(jax.vmap(chain))(jax.random.split(jax.random.key(0), CHAINS))
    known = prior_draws(bound, 100_000, np.random.default_rng(0))
    found = []
    for name, draws in moved.items():
        kept = np.asarray(draws, np.float64)[:, DISCARDED:]
        assert rhat_of_draws(kept).max() < 1.05, f"{name}: too few sweeps to tell"
        mean, error = mean_and_error(kept)
        prior = np.asarray(sizes(known[name].reshape(100_000, -1)))
        own = prior.std(0) / np.sqrt(len(prior))
        found.append((mean - prior.mean(0)) / np.hypot(error, own))
    return np.concatenate(found)


def sizes(values: Any) -> Any:
    """The logarithm of each element's size, which has all moments."""
    return jnp.log(jnp.abs(values) + 1e-20)


@pytest.mark.parametrize("name", MODELS)
def test_variables_stay_distributed_as_the_prior(name: str) -> None:
    z = z_scores(MODELS[name], with_conjugate_scales)
    assert np.abs(z).max() < LIMIT


def test_scales_that_are_drawn_a_little_wrong_are_found_out() -> None:
    def wrong(kernel: Any, target: Any, table: Any) -> HMCGibbs:
        right = with_conjugate_scales(kernel, target, table)

        def gibbs(rng_key: Any, gibbs_sites: Any, hmc_sites: Any) -> Any:
            drawn = right._gibbs_fn(rng_key, gibbs_sites, hmc_sites)
            return {name: 1.1 * value for name, value in drawn.items()}

        return HMCGibbs(kernel, gibbs, right._gibbs_sites)

    assert np.abs(z_scores(MODELS["ard"], wrong)).max() > LIMIT

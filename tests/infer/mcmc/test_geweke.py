"""Geweke's (2004) joint distribution test of the Gibbs kernels, "Getting it right".

A step of the sampler given the data alternates with data drawn given its variables. If the step
leaves the posterior as it is, for every data set, then variables and data stay distributed as the
prior has them. So the test needs no posterior, and sees every conditional draw in its place beside
NUTS. It looks at the variables after a step and at the data that the step was given: the mean log
size of each, and the product of every two. A step that ignores the weights or the data leaves every
mean as it is, but not every product.

Chains of Gibbs-HMC do not mix with half-Cauchy noise, so nothing can be said of them by this test.
Its draws are tested one by one, at the end.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from monte_carlo import mean_and_error
from numpy.typing import NDArray
from numpyro.infer import HMCGibbs
from numpyro.infer.gibbs import with_conditioning

import bayesdrop as bd
from bayesdrop.bound import BoundModel
from bayesdrop.infer.mcmc.gibbs_hmc.conjugate import draw_scale, with_conjugate_scales
from bayesdrop.infer.mcmc.gibbs_hmc.which_scales import conjugate
from bayesdrop.infer.mcmc.hmc.kernel import Compose, build_kernel
from bayesdrop.posterior.diagnosis.chain_statistics import rhat_of_draws
from bayesdrop.posterior.export.prior_draws import prior_draws

pytestmark = pytest.mark.slow

IN, HC = bd.noise.InverseNakagami(3.0, 2.0), bd.noise.HalfCauchy(0.6)
NOISE = bd.Gaussian(scale=IN)
"""Its scale keeps away from 0, where y is f(x) and no step of a fixed size is accepted."""
MODELS: dict[str, bd.Model] = {
    "ard": bd.Model(bd.MLP((2,), "tanh"), bd.ARD(IN), NOISE),
    "ard_add": bd.Model(bd.ResNet(2, 2, "tanh"), bd.ARDADD(IN, IN), NOISE),
    "ard_add_of_which_one_is_moved": bd.Model(
        bd.ResNet(2, 2, "tanh"), bd.ARDADD(IN, bd.noise.Rayleigh(0.7)), NOISE
    ),
    "laplace_weights": bd.Model(
        bd.MLP((2,), "tanh"), bd.DropConnect(bd.noise.Rayleigh(0.7)), NOISE
    ),
}
HALF_CAUCHY: dict[str, bd.Model] = {
    "horseshoe": bd.Model(bd.MLP((2,), "tanh"), bd.ARD(HC), NOISE),
    "both": bd.Model(bd.ResNet(2, 2, "tanh"), bd.ARDADD(IN, HC), NOISE),
}
MASKS = bd.Model(bd.MLP((2,), "tanh"), bd.ARD(bd.noise.Bernoulli(0.6)), NOISE)
NUTS = {
    "num_warmup": 1000,
    "target_accept_prob": 0.9,
    "max_tree_depth": 6,
    "integrate_noise_scale": False,
}
"""Steps of fixed size would stand still; they are tuned in the warm-up, and stay as they are."""
X = np.random.default_rng(0).normal(size=(4, 2)).astype(np.float32)
CHAINS, SWEEPS, DISCARDED, PRIOR, LIMIT = 4, 20_000, 2000, 100_000, 4.5
OF_MASKS = 60_000
"""A mask that is 0 has a size of 1e-20. So means of masks are known less well."""


@dataclass(frozen=True)
class Looked:
    """What the test looks at, of the prior: the sizes' means and spreads, and the products'."""

    centre: NDArray[np.float64]
    spread: NDArray[np.float64]

    def __call__(self, values: dict[str, Any], y: Any) -> Any:
        """The sizes of one draw of everything, in spreads from the mean, and their products."""
        flat = jnp.concatenate([sizes(one).reshape(-1) for one in (*in_order(values), y)])
        each = (flat - self.centre) / self.spread
        left, right = np.triu_indices(len(self.centre), 1)
        return jnp.concatenate([each, each[left] * each[right]])


def sizes(values: Any) -> Any:
    """The logarithm of each element's size, which has all moments."""
    return jnp.log(jnp.abs(values) + 1e-20)


def in_order(values: dict[str, Any]) -> list[Any]:
    return [values[name] for name in sorted(values)]


def target_of(bound: BoundModel, key: Any, values: dict[str, Any]) -> Any:
    """The data drawn given the variables, (rows, 1)."""
    parameters = bound.forward(values, jnp.asarray(X))
    return parameters["loc"] + parameters["scale"] * jax.random.normal(key, (len(X), 1))


def of_prior(bound: BoundModel) -> tuple[Looked, NDArray[np.float64], NDArray[np.float64]]:
    """What to look at, and its mean and standard error by independent draws."""
    drawn = prior_draws(bound, PRIOR, np.random.default_rng(0))
    known = {site.name: jnp.asarray(drawn[site.name], jnp.float32) for site in bound.sites}
    keys = jax.random.split(jax.random.key(1), PRIOR)
    y = jax.jit(jax.vmap(lambda key, values: target_of(bound, key, values)))(keys, known)
    flat = np.concatenate(
        [np.asarray(sizes(one), np.float64).reshape(PRIOR, -1) for one in (*in_order(known), y)], 1
    )
    look = Looked(flat.mean(0), flat.std(0))
    found = np.asarray(jax.jit(jax.vmap(look))(known, y), np.float64)
    return look, found.mean(0), found.std(0) / np.sqrt(PRIOR)


def z_scores(
    method: bd.GibbsHMC | bd.NUTS,
    model: bd.Model,
    compose: Compose,
    sweeps: int = SWEEPS,
) -> NDArray[np.float64]:
    """How far what the test looks at is from the prior's, in standard errors."""
    bound = model.bind(2, 1, method.form)
    treatment = "none" if isinstance(method, bd.GibbsHMC) else "gibbs"
    kernel = build_kernel(method, bound, treatment, compose)
    look, known, known_error = of_prior(bound)
    rows = jnp.asarray(X)

    def sweep(carry: tuple[Any, Any, Any], index: Any) -> tuple[Any, Any]:
        key, state, y = carry
        key, data_key = jax.random.split(key)
        state, info = kernel.step(index, state, (rows, y))
        values = kernel.observe(state, info, (rows, y)).values
        return (key, state, target_of(bound, data_key, values)), look(values, y)

    def chain(key: Any) -> Any:
        start_key, key = jax.random.split(key)
        y = jnp.zeros((len(X), 1))
        state = kernel.init(start_key, (rows, y))
        return jax.lax.scan(sweep, (key, state, y), jnp.arange(sweeps))[1]

    moved = jax.jit(jax.vmap(chain))(jax.random.split(jax.random.key(0), CHAINS))
    kept = np.asarray(moved, np.float64)[:, DISCARDED:]
    assert rhat_of_draws(kept).max() < 1.05, "too few sweeps to tell"
    mean, error = mean_and_error(kept)
    return (mean - known) / np.hypot(error, known_error)


@pytest.mark.parametrize("name", MODELS)
def test_gibbs_draws_of_scales_leave_the_joint_distribution(name: str) -> None:
    z = z_scores(bd.GibbsHMC(**NUTS), MODELS[name], with_conjugate_scales)
    assert np.abs(z).max() < LIMIT


@pytest.mark.parametrize("wrong", ["a tenth too large", "of the prior"])
def test_scales_that_are_drawn_wrong_are_found_out(wrong: str) -> None:
    def compose(kernel: Any, target: Any, table: Any) -> HMCGibbs:
        right = with_conjugate_scales(kernel, target, table)

        def gibbs(rng_key: Any, gibbs_sites: Any, hmc_sites: Any) -> Any:
            if wrong == "of the prior":
                keys = dict(
                    zip(gibbs_sites, jax.random.split(rng_key, len(gibbs_sites)), strict=True)
                )
                return {
                    name: jnp.sqrt(2.0 / jax.random.gamma(keys[name], 3.0, value.shape))
                    for name, value in gibbs_sites.items()
                }
            drawn = right._gibbs_fn(rng_key, gibbs_sites, hmc_sites)
            return {name: 1.1 * value for name, value in drawn.items()}

        return HMCGibbs(kernel, gibbs, right._gibbs_sites)

    assert np.abs(z_scores(bd.GibbsHMC(**NUTS), MODELS["ard"], compose)).max() > 1.3 * LIMIT


class Fresh:
    """NumPyro's kernel, whose blocks look at the data again before they move.

    A block keeps its potential energy from sweep to sweep, and the data of the test are new in
    every sweep. Nothing else is another than in the kernel.
    """

    def __init__(self, kernel: Any) -> None:
        self.kernel = kernel
        self.init, self.postprocess_fn = kernel.init, kernel.postprocess_fn

    def sample(self, state: Any, rows: Any, settings: dict[str, Any]) -> Any:
        blocks = list(state.block_states)
        for i, (kernel, names) in enumerate(
            zip(self.kernel._kernels, self.kernel._sites, strict=True)
        ):
            others = {name: v for name, v in self.constrained(state, rows).items()
                      if name not in names}  # fmt: skip
            blocks[i] = kernel.refresh(blocks[i], rows, with_conditioning(settings, others))
        return self.kernel.sample(state._replace(block_states=tuple(blocks)), rows, settings)

    def constrained(self, state: Any, rows: Any) -> dict[str, Any]:
        return self.postprocess_fn(rows, {})(state.z)


def test_gibbs_moves_of_masks_leave_the_joint_distribution() -> None:
    z = z_scores(
        bd.NUTS(**NUTS, discrete="gibbs"), MASKS, lambda kernel, *_: Fresh(kernel), OF_MASKS
    )
    assert np.abs(z).max() < LIMIT


class OfThePrior(Fresh):
    """The same, and the masks are drawn from their prior at the end of a sweep."""

    def sample(self, state: Any, rows: Any, settings: dict[str, Any]) -> Any:
        state = super().sample(state, rows, settings)
        masks, weights = state.block_states
        drawn = {
            name: jax.random.bernoulli(jax.random.fold_in(state.rng_key, i), 0.6, v.shape)
            for i, (name, v) in enumerate(masks.z.items())
        }
        masks = masks._replace(z={name: drawn[name].astype(v.dtype) for name, v in masks.z.items()})
        blocks = (masks, weights)
        return state._replace(z=self.kernel._merge_z(blocks), block_states=blocks)


def test_masks_that_ignore_the_data_are_found_out() -> None:
    z = z_scores(
        bd.NUTS(**NUTS, discrete="gibbs"), MASKS, lambda kernel, *_: OfThePrior(kernel), OF_MASKS
    )
    assert np.abs(z).max() > 1.3 * LIMIT


def z_of_one_draw(
    model: bd.Model, change: Callable[[Any], Any] = lambda drawn: drawn
) -> NDArray[np.float64]:
    """How far one draw of every scale, from variables of the prior, is from it, in standard errors.

    No chain is made, so how it mixes does not matter.
    """
    bound = model.bind(2, 1, "hierarchical")
    look, known, error = of_prior(bound)
    drawn = prior_draws(bound, PRIOR, np.random.default_rng(2))
    start = {site.name: jnp.asarray(drawn[site.name], jnp.float32) for site in bound.sites}

    def step(key: Any, values: dict[str, Any]) -> Any:
        data_key, *keys = jax.random.split(key, 1 + len(conjugate(bound.sites)))
        y = target_of(bound, data_key, values)
        for one, site in zip(keys, conjugate(bound.sites), strict=True):
            values = {**values, site.name: change(draw_scale(one, site, bound.sites, values))}
        return look(values, y)

    moved = jax.jit(jax.vmap(step))(jax.random.split(jax.random.key(3), PRIOR), start)
    found = np.asarray(moved, np.float64)
    own = found.std(0) / np.sqrt(PRIOR)
    return (found.mean(0) - known) / np.hypot(own, error)


@pytest.mark.parametrize("name", [*MODELS, *HALF_CAUCHY])
def test_one_draw_of_scales_leaves_scales_and_weights_as_they_are(name: str) -> None:
    z = z_of_one_draw({**MODELS, **HALF_CAUCHY}[name])
    assert np.abs(z).max() < LIMIT


@pytest.mark.parametrize("name", [*MODELS, *HALF_CAUCHY])
def test_one_draw_that_is_a_little_wrong_is_found_out(name: str) -> None:
    z = z_of_one_draw({**MODELS, **HALF_CAUCHY}[name], lambda drawn: 1.05 * drawn)
    assert np.abs(z).max() > 1.3 * LIMIT

"""The expanded and the hierarchical form are one model: same prior, same posterior of f(x)."""

from __future__ import annotations

from typing import Any

import arviz
import jax
import numpy as np
import oracle
import pytest
from cases import DENSITIES, FORMS
from numpyro.infer import MCMC, NUTS, Predictive
from scipy import stats

import bayesdrop as bd
from bayesdrop.model import Form

POINTS = np.array([[0.3, -1.2, 0.8], [-1.0, 0.5, 2.0]])
N_DRAWS = 4000
PARTNER = bd.noise.Rayleigh(0.7)


def prior_draws_of_f(model: bd.Model, form: Form, seed: int) -> np.ndarray:
    """f at ``POINTS`` under the NumPyro program's prior, (draws, points)."""
    predictive = Predictive(bd.numpyro_model(model, form), num_samples=N_DRAWS, parallel=True)
    drawn = predictive(jax.random.key(seed), jax.numpy.asarray(POINTS))
    values = {n: np.asarray(v, dtype=np.float64) for n, v in drawn.items() if n != "y"}
    return oracle.output(model, values, POINTS, 1, form)[..., 0]


def oracle_prior_draws_of_f(model: bd.Model, seed: int) -> np.ndarray:
    """The same by SciPy's samplers, expanded form."""
    rng = np.random.default_rng(seed)
    values = {}
    for site in bd.sites(model, POINTS.shape[1]):
        reference = oracle.distribution(site.prior)
        values[site.name] = reference.rvs((N_DRAWS, *site.shape), random_state=rng)
    return oracle.output(model, values, POINTS, 1)[..., 0]


@pytest.mark.slow
@pytest.mark.parametrize("name", DENSITIES)
def test_prior_predictives_agree(name: str) -> None:
    noise = DENSITIES[name]
    prior = bd.ScaleMixture(unit=noise, layer=noise, weight=PARTNER, bias_scale=0.5)
    model = bd.Model(bd.ResNet(4, 2, "tanh"), prior)
    expanded, hierarchical = (prior_draws_of_f(model, form, i) for i, form in enumerate(FORMS))
    reference = oracle_prior_draws_of_f(model, seed=2)
    for point in range(len(POINTS)):
        for left, right in (
            (expanded, hierarchical),
            (expanded, reference),
            (hierarchical, reference),
        ):
            assert stats.ks_2samp(left[:, point], right[:, point]).pvalue > 1e-3


TINY = {
    "ard": bd.Model(
        bd.MLP((2,), "tanh"), bd.ARD(bd.noise.InverseNakagami(3.0, 3.0)), bd.Gaussian(0.5)
    ),
    "ard_add": bd.Model(
        bd.ResNet(2, 2, "tanh"),
        bd.ARDADD(bd.noise.InverseNakagami(3.0, 3.0), bd.noise.InverseNakagami(3.0, 3.0)),
        bd.Gaussian(0.5),
    ),
}


def posterior_of_f(model: bd.Model, form: Form, X: Any, y: Any, grid: Any) -> np.ndarray:
    """f on ``grid`` under long NUTS chains, (chains, draws, grid)."""
    mcmc = MCMC(
        NUTS(bd.numpyro_model(model, form), target_accept_prob=0.95),
        num_warmup=2000,
        num_samples=10_000,
        num_chains=4,
        chain_method="vectorized",
        progress_bar=False,
    )
    mcmc.run(jax.random.key(FORMS.index(form)), X, y)
    draws = {n: np.asarray(v) for n, v in mcmc.get_samples(group_by_chain=True).items()}
    return oracle.output(model, draws, grid, 1, form)[..., 0]


@pytest.mark.slow
@pytest.mark.usefixtures("x64")
@pytest.mark.parametrize("model", TINY.values(), ids=TINY)
def test_posteriors_agree(model: bd.Model) -> None:
    rng = np.random.default_rng(4)
    X = np.linspace(-1.5, 1.5, 6)[:, None]
    y = np.tanh(1.5 * X[:, 0]) + 0.3 * rng.normal(size=6)
    grid = np.array([[-1.2], [0.1], [1.0], [2.5]])
    both = [posterior_of_f(model, form, X, y, grid) for form in FORMS]
    centre = np.mean([f.mean((0, 1)) for f in both], axis=0)
    for power, name in ((1, "mean"), (2, "variance")):
        estimates, errors = [], []
        for f in both:
            terms = (f - centre) ** power
            data = arviz.convert_to_dataset(terms)
            rhat, ess = (np.asarray(s(data)["x"]) for s in (arviz.rhat, arviz.ess))
            assert (rhat < 1.02).all(), f"{name}: the chains have not mixed: {rhat}"
            estimates.append(terms.mean((0, 1)))
            errors.append(terms.std((0, 1)) / np.sqrt(ess))
        combined = np.hypot(*errors)
        assert (combined < 0.1 * both[0].std((0, 1)) ** power).all(), "too short to tell"
        difference = np.abs(estimates[0] - estimates[1])
        assert (difference < 4 * combined).all(), f"{name}: {difference / combined}"

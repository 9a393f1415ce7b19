"""Posteriors that a grid or a closed form gives: by SciPy, independently of bayesdrop."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from monte_carlo import mean_and_error
from numpy.typing import NDArray
from scipy import integrate, special, stats

import bayesdrop as bd

Array = NDArray[np.float64]
LIMIT = 4.0  # standard errors
RAW: dict[str, Any] = {"standardize": False, "progress": False}
CHAINS: dict[str, Any] = {"num_warmup": 1000, "num_samples": 4000, "num_chains": 2}


def moments_of(values: Array, weights: Array) -> Array:
    """E x and E x² of each column of ``values`` (points, columns): (2, columns)."""
    return np.stack([weights @ values, weights @ values**2]) / weights.sum()


def agree(draws: Array, moments: Array) -> None:
    """Draws (chain, draw, element) have those first and second moments."""
    for power, exact in enumerate(moments, start=1):
        found, error = mean_and_error(draws.astype(np.float64) ** power)
        assert np.all(np.abs(found - exact) < LIMIT * error), f"moment {power}"
        assert np.all(error < 0.1 * np.sqrt(moments[1]) ** power), "too few draws to tell"


# Logistic regression: a grid over slope and intercept


LOGISTIC = bd.Model(bd.MLP(()), bd.ScaleMixture(base_scale=2.0, bias_scale=1.5), bd.Bernoulli())
DOSES = np.array([-0.86, -0.3, -0.05, 0.73])
"""Log doses of the bioassay of Racine et al. (1986), in Gelman et al., "Bayesian data analysis"."""
DEATHS, ANIMALS = np.array([0, 1, 3, 5]), 5


def bioassay() -> tuple[Array, NDArray[np.int64]]:
    """A row for each animal."""
    died = np.concatenate([np.arange(ANIMALS) < deaths for deaths in DEATHS])
    return np.repeat(DOSES, ANIMALS)[:, None], died.astype(np.int64)


def grid_of_the_bioassay() -> tuple[Array, float]:
    """Moments of slope and intercept, and the log evidence, from 400 x 400 points."""
    slopes, intercepts = np.linspace(-6, 14, 400), np.linspace(-8, 8, 400)
    slope, intercept = (a.ravel() for a in np.meshgrid(slopes, intercepts))
    logits = intercept[:, None] + slope[:, None] * DOSES
    log_joint = (
        stats.norm.logpdf(slope, scale=2.0)
        + stats.norm.logpdf(intercept, scale=1.5)
        + DEATHS @ special.log_expit(logits).T
        + (ANIMALS - DEATHS) @ special.log_expit(-logits).T
    )
    cell = (slopes[1] - slopes[0]) * (intercepts[1] - intercepts[0])
    moments = moments_of(np.column_stack([slope, intercept]), special.softmax(log_joint))
    return moments, float(special.logsumexp(log_joint) + np.log(cell))


@pytest.mark.slow
@pytest.mark.parametrize(
    "method",
    [
        bd.NUTS(**CHAINS),
        bd.HMC(**CHAINS, num_steps=8),
        bd.ChEES(num_warmup=500, num_samples=500),
        bd.MCLMC(4000, 4000, 4, steps_per_draw=4, adjusted=True),
        bd.SMC(num_particles=2048),
    ],
    ids=lambda method: type(method).__name__,
)
def test_logistic_regression_on_a_grid(method: bd.Inference) -> None:
    moments, log_evidence = grid_of_the_bioassay()
    post = bd.fit(LOGISTIC, *bioassay(), inference=method, **RAW)
    agree(two(post), moments)
    if isinstance(method, bd.SMC):
        assert post.log_evidence_std < 0.1
        assert abs(post.log_evidence - log_evidence) < 3 * post.log_evidence_std / np.sqrt(
            method.num_runs
        )


def two(post: bd.Posterior) -> Array:
    """Slope and intercept, (chain, draw, 2)."""
    assert post.draws is not None
    return np.concatenate([post.draws["weight_0"][..., 0], post.draws["bias_0"]], axis=2)


# Normal means: y_j = w_j + ε_j, as many weights as rows


OBSERVED = np.array([-1.2, 0.3, 2.1, 0.8, -0.4, 6.0])
MEANS = np.eye(len(OBSERVED))


def normal_means(prior: dict[str, Any]) -> bd.Model:
    """Unit noise, and a bias that is 0 to all that matters."""
    mixture = bd.ScaleMixture(base_scale=1.0, bias_scale=1e-4, **prior)
    return bd.Model(bd.MLP(()), mixture, bd.Gaussian(scale=1.0))


FORMS = ["expanded", "hierarchical", "marginal"]


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMS)
def test_means_that_share_a_scale(form: Any) -> None:
    """w_j ~ N(0, τ²), τ ~ half-Cauchy(1): one integral over τ."""
    scales = np.exp(np.linspace(-12, 8, 20_001))
    marginal = stats.norm.logpdf(OBSERVED[:, None], scale=np.sqrt(1 + scales**2)).sum(0)
    weights = special.softmax(marginal + stats.halfcauchy.logpdf(scales) + np.log(scales))
    shrunk = scales**2 / (1 + scales**2)
    first = weights @ (shrunk[:, None] * OBSERVED)
    second = weights @ (shrunk[:, None] + (shrunk[:, None] * OBSERVED) ** 2)
    groups = bd.Groups(bd.noise.HalfCauchy(1.0), [0] * len(OBSERVED))
    agree(means(normal_means({"group": groups}), form), np.stack([first, second]))


@pytest.mark.slow
@pytest.mark.parametrize("form", ["expanded", "hierarchical"])
def test_horseshoe_means(form: Any) -> None:
    """w_j ~ N(0, λ_j²), λ_j ~ half-Cauchy(1): an integral over each λ_j.

    The marginal density has a pole at 0, where chains stand still: docs/methods.md.
    """

    def moment(y: float, power: int) -> float:
        def weighted(angle: float) -> float:
            """λ is the tangent of a uniform angle, and y given it has variance 1 / cos²."""
            root = np.cos(angle)
            shrunk = 1 - root**2
            given = (1.0, shrunk * y, shrunk + (shrunk * y) ** 2)[power]
            return given * root * stats.norm.pdf(root * y)

        return integrate.quad(weighted, 0, np.pi / 2)[0]

    exact = np.array([[moment(y, p) / moment(y, 0) for y in OBSERVED] for p in (1, 2)])
    agree(means(normal_means({"weight": bd.noise.HalfCauchy(1.0)}), form), exact)


@pytest.mark.slow
@pytest.mark.parametrize("discrete", ["enumerate", "gibbs"])
def test_spike_and_slab_means(discrete: Any) -> None:
    """w_j = λ_j z_j, λ_j ~ Bernoulli(0.3): inclusion probabilities and moments in closed form."""
    keep = 0.3
    slab = keep * stats.norm.pdf(OBSERVED, scale=np.sqrt(2))
    included = slab / (slab + (1 - keep) * stats.norm.pdf(OBSERVED))
    exact = included * np.stack([OBSERVED / 2, 0.5 + OBSERVED**2 / 4])
    model = normal_means({"weight": bd.noise.Bernoulli(keep)})
    post = fitted(model, "expanded", discrete)
    agree(at_the_rows(post), exact)
    found = np.ravel(post.fit.info["inclusion_probability"]["weight_scale_0"])
    np.testing.assert_allclose(found, included, atol=0.03)


def means(model: bd.Model, form: Any) -> Array:
    return at_the_rows(fitted(model, form))


def fitted(model: bd.Model, form: Any, discrete: Any = "auto") -> bd.Posterior:
    method = bd.NUTS(
        **{**CHAINS, "num_samples": 10_000},
        target_accept_prob=0.95,
        form=form,
        discrete=discrete,
    )
    return bd.fit(model, MEANS, OBSERVED, inference=method, **RAW)


def at_the_rows(post: bd.Posterior) -> Array:
    return post.predict(MEANS).draw_means.reshape(post.num_chains, -1, len(OBSERVED))

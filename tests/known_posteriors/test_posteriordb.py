"""Published posteriors: posteriordb's data, and the moments of its reference draws, by Stan.

``reference/posteriordb.json`` has both (Magnusson et al. 2024, "posteriordb: testing, benchmarking
and developing Bayesian inference algorithms"). Each is a model of bayesdrop in raw units: the
network without a hidden layer is a linear regression. Where Stan's prior is flat, ours is a
Gaussian that is hundreds of posterior standard deviations wide.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from monte_carlo import mean_and_error
from numpy.typing import NDArray
from quick import quick

import bayesdrop as bd

PUBLISHED = json.loads(
    (Path(__file__).parents[1] / "reference" / "posteriordb.json").read_text(encoding="utf-8")
)
LIMIT = 4.0  # standard errors

Array = NDArray[np.float64]


class Regression(NamedTuple):
    """A published posterior as a model: its rows, and the names of what has a published moment.

    ``rows`` are what ``bd.fit`` takes beside model and method.
    """

    model: bd.Model
    rows: dict[str, Any]
    intercept: bool = True


def kidiq(*columns: str) -> Regression:
    """kid_score on the mother's IQ, schooling, or both; sigma ~ half-Cauchy(2.5)."""
    known = {name: np.array(values, float) for name, values in PUBLISHED["data"]["kidiq"].items()}
    known["interaction"] = known["mom_hs"] * known["mom_iq"]
    X = np.column_stack([known[column] for column in columns])
    flat = bd.ScaleMixture(base_scale=2000.0, bias_scale=2000.0)
    model = bd.Model(bd.MLP(()), flat, bd.Gaussian(bd.noise.HalfCauchy(2.5)))
    return Regression(model, {"X": X, "y": known["kid_score"]})


def sblr(name: str) -> Regression:
    """beta ~ N(0, 10²), sigma ~ half-normal(10), and no intercept: a bias that can't move."""
    known = PUBLISHED["data"][name]
    prior = bd.ScaleMixture(base_scale=10.0, bias_scale=1e-4)
    model = bd.Model(bd.MLP(()), prior, bd.Gaussian(bd.noise.HalfNormal(10.0)))
    return Regression(model, {"X": np.array(known["X"]), "y": np.array(known["y"])}, False)


CASES: dict[str, Callable[[], Regression]] = {
    "kidiq-kidscore_momhs": lambda: kidiq("mom_hs"),
    "kidiq-kidscore_momiq": lambda: kidiq("mom_iq"),
    "kidiq-kidscore_momhsiq": lambda: kidiq("mom_hs", "mom_iq"),
    "kidiq-kidscore_interaction": lambda: kidiq("mom_hs", "mom_iq", "interaction"),
    "sblri-blr": lambda: sblr("sblri"),
    "sblrc-blr": lambda: sblr("sblrc"),
}


def moments(name: str) -> tuple[Array, Array, Array]:
    """The published means, standard deviations and standard errors of the means."""
    published = PUBLISHED["posteriors"][name]
    mean = np.array(published["mean"])
    sd = np.sqrt(np.array(published["mean_square"]) - mean**2)
    return mean, sd, np.array(published["mean_mcse"])


@pytest.mark.parametrize(
    "name", quick(CASES, lambda name: name in ("sblri-blr", "kidiq-kidscore_momhs"))
)
def test_exact_regression_has_the_published_moments(name: str) -> None:
    """f at the unit vectors is beta; :class:`bayesdrop.NNGP` has no chains whose error counts."""
    case = CASES[name]()
    method = bd.NNGP(num_samples=2000, num_scales=100)
    post = bd.fit(case.model, **case.rows, inference=method, standardize=False, progress=False)
    features = case.rows["X"].shape[1]
    at = np.concatenate([np.zeros((1, features)), np.eye(features)])
    pred = post.predict(at)
    f = pred.draw_means.astype(np.float64)
    beta = np.column_stack([f[:, 0], f[:, 1:] - f[:, :1]])[:, 0 if case.intercept else 1 :]
    sigma = pred.parameters["scale"][:, 0].astype(np.float64)
    mean, sd, _ = moments(name)
    draws = np.column_stack([beta, sigma])
    np.testing.assert_allclose((draws.mean(0) - mean) / sd, 0, atol=0.05)
    np.testing.assert_allclose(draws.std(0) / sd, 1, atol=0.1)


SAMPLERS: dict[str, bd.Inference] = {
    "nuts": bd.NUTS(num_warmup=1500, num_samples=2000, num_chains=4, target_accept_prob=0.9),
    "nuts_sampled_scale": bd.NUTS(
        num_warmup=1500, num_samples=2000, target_accept_prob=0.9, integrate_noise_scale=False
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("name", CASES)
def test_samplers_have_the_published_moments(name: str, sampler: str) -> None:
    """Means and second moments, within combined standard errors, of weights and noise scale."""
    case = CASES[name]()
    post = bd.fit(
        case.model, **case.rows, inference=SAMPLERS[sampler], standardize=False, progress=False
    )
    check(name, parameters_of(post, case))


def parameters_of(post: bd.Posterior, case: Regression) -> Array:
    """The draws by the published names: (chain, draw, parameter)."""
    assert post.draws is not None
    parts = [post.draws["bias_0"]] if case.intercept else []
    parts += [post.draws["weight_0"][..., 0], post.draws["noise_scale"]]
    return np.concatenate(parts, axis=2).astype(np.float64)


def check(name: str, draws: Array) -> None:
    published = PUBLISHED["posteriors"][name]
    for power, moment in ((1, "mean"), (2, "mean_square")):
        found, error = mean_and_error(draws**power)
        combined = np.hypot(error, published[f"{moment}_mcse"])
        assert np.all(np.abs(found - published[moment]) < LIMIT * combined), moment


def eight_schools() -> tuple[bd.Model, dict[str, Any]]:
    """theta = mu + tau z, known standard errors: the rows' weights of a unit Gaussian."""
    known = {name: np.array(v, float) for name, v in PUBLISHED["data"]["eight_schools"].items()}
    shared = bd.Groups(bd.noise.HalfCauchy(5.0), [0] * 8)
    prior = bd.ScaleMixture(group=shared, base_scale=1.0, bias_scale=5.0)
    model = bd.Model(bd.MLP(()), prior, bd.Gaussian(scale=1.0))
    return model, {"X": np.eye(8), "y": known["y"], "sample_weight": known["sigma"] ** -2}


@pytest.mark.slow
@pytest.mark.parametrize("form", ["expanded", "marginal"])
def test_eight_schools(form: Any) -> None:
    """Rubin's eight schools: a scale with a heavy tail that eight weights share."""
    model, rows = eight_schools()
    method = bd.NUTS(2000, 5000, 4, target_accept_prob=0.95, form=form)
    post = bd.fit(model, **rows, inference=method, standardize=False, progress=False)
    assert post.draws is not None
    mu, scale = post.draws["bias_0"], post.draws["group_scale_0"]
    f = post.predict(np.eye(8)).draw_means.reshape(4, -1, 8)
    check("eight_schools-eight_schools_noncentered", np.concatenate([f, mu, scale], axis=2))

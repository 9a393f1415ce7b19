"""The dropout posterior as a guide: its density, its draws, its KL to the prior."""

from __future__ import annotations

from functools import cache
from itertools import pairwise, product
from typing import Any

import jax
import jax.numpy as jnp
import linear
import numpy as np
import pytest
import torch
from scipy import stats
from scipy.special import logsumexp

import bayesdrop as bd
from bayesdrop.infer.vi.guides import dropout_numpyro, dropout_pyro, layout

KEEP = 0.7
ROW_OF = np.array([1, 0, 3, 0, 1, 1, 2])  # rows 0, 1, 2; the third element is in none
RNG = np.random.default_rng(0)
LOC = RNG.normal(size=7).astype(np.float32)
SCALE = np.array([0.3, 0.5, 0.8, 0.4], np.float32)[ROW_OF]


def in_numpyro() -> Any:
    return dropout_numpyro.RowMixture(jnp.asarray(LOC), jnp.asarray(SCALE), KEEP, ROW_OF, 3)


def in_pyro() -> Any:
    loc, scale, row_of = (torch.as_tensor(value) for value in (LOC, SCALE, ROW_OF))
    return dropout_pyro.RowMixture(loc, scale, KEEP, row_of, 3)


def draws(backend: str, count: int) -> linear.Array:
    if backend == "numpyro":
        return np.asarray(in_numpyro().sample(jax.random.key(0), (count,)))
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return in_pyro().rsample((count,)).numpy()


def test_density_is_the_sum_over_all_masks() -> None:
    x = RNG.normal(size=(4, 7)).astype(np.float32)
    terms = []
    for mask in product((0, 1), repeat=3):
        kept = np.array([*mask, 1])[ROW_OF]
        log_weight = sum(np.log(KEEP if one else 1 - KEEP) for one in mask)
        terms.append(log_weight + stats.norm(kept * LOC, SCALE).logpdf(x).sum(1))
    exact = logsumexp(terms, axis=0)
    np.testing.assert_allclose(in_numpyro().log_prob(jnp.asarray(x)), exact, rtol=1e-5)
    np.testing.assert_allclose(in_pyro().log_prob(torch.as_tensor(x)), exact, rtol=1e-5)


@pytest.mark.parametrize("backend", ["numpyro", "pyro"])
def test_draws_have_the_moments_of_the_mixture(backend: str) -> None:
    """Mean π m, covariance π(1 − π) m mᵀ within a row, none between rows, plus σ²."""
    x = draws(backend, 100_000)
    in_rows = ROW_OF < 3
    mean = np.where(in_rows, KEEP, 1) * LOC
    same_row = (ROW_OF[:, None] == ROW_OF) & in_rows
    covariance = KEEP * (1 - KEEP) * np.outer(LOC, LOC) * same_row + np.diag(SCALE**2)
    np.testing.assert_allclose(x.mean(0), mean, atol=0.02)
    np.testing.assert_allclose(np.cov(x.T), covariance, atol=0.03)


def test_rows_are_the_weights_that_leave_a_unit() -> None:
    table = bd.sites(bd.Model(bd.MLP((3,))), 2)
    places = layout.positions(["bias_1", "weight_1", "noise_scale", "weight_0", "bias_0"], table)
    row_of, count = layout.rows(table, places)
    assert count == 2 + 3
    np.testing.assert_array_equal(row_of[places["weight_0"]], [[0, 0, 0], [1, 1, 1]])
    np.testing.assert_array_equal(row_of[places["weight_1"]], [[2], [3], [4]])
    for name in ("bias_0", "bias_1", "noise_scale"):
        assert np.all(row_of[places[name]] == count)


METHODS = {
    "numpyro": bd.SVI(guide="dropout", keep=KEEP, num_steps=10_000, num_particles=4),
    "pyro": bd.SVI(
        guide="dropout", keep=KEEP, num_steps=2500, learning_rate=0.02, num_particles=2,
        backend="pyro",
    ),
}  # fmt: skip


@cache
def fitted(backend: str) -> bd.Posterior:
    return bd.fit(linear.model(), *linear.data(outputs=3), METHODS[backend], progress=False)


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["numpyro", pytest.param("pyro", marks=pytest.mark.slow)])
def test_fitted_rows_are_kept_or_dropped_as_a_whole(backend: str) -> None:
    found = fitted(backend).draws
    assert found is not None
    weight = found["weight_0"][0]  # (draws, 5, 3)
    exact = linear.exact_of(*linear.data(outputs=3))
    feature = int(np.argmax(np.square(exact.mean[:-1]).sum(1)))
    row = weight[:, feature]
    kept = np.linalg.norm(row, axis=1) > np.linalg.norm(exact.mean[feature]) / 2
    assert kept.mean() == pytest.approx(KEEP, abs=4 * np.sqrt(KEEP * (1 - KEEP) / len(row)))
    assert np.abs(row[~kept].mean(0)).max() < 0.1
    other = np.linalg.norm(weight[:, (feature + 1) % 5], axis=1)
    assert abs(np.corrcoef(kept, other)[0, 1]) < 5 / np.sqrt(len(row))


@pytest.mark.slow
def test_both_libraries_find_one_elbo_below_the_evidence() -> None:
    exact = linear.exact_of(*linear.data(outputs=3))
    ours, theirs = (fitted(backend).fit.losses[-500:] for backend in METHODS)
    error = ours.std() / np.sqrt(500) + theirs.std() / np.sqrt(500)
    assert ours.mean() == pytest.approx(theirs.mean(), abs=0.2 + 4 * error)
    assert ours.mean() > -exact.log_evidence + 1


LENGTHS = (2, 8, 32, 128, 512)
SIGMA, MEAN, PRIOR = 0.3, 0.3, 0.8


def monte_carlo_kl(length: int) -> tuple[float, float]:
    """KL(q ‖ N(0, PRIOR² I)) for a row of ``length`` weights, and its standard error."""
    count, row_of = 4_000_000 // length, np.zeros(length, int)
    mean, scale = jnp.full(length, MEAN), jnp.full(length, SIGMA)
    q = dropout_numpyro.RowMixture(mean, scale, KEEP, row_of, 1)
    w = q.sample(jax.random.key(length), (count,))
    terms = np.asarray(q.log_prob(w)) - stats.norm(0, PRIOR).logpdf(w).sum(1)
    return terms.mean(), terms.std() / np.sqrt(count)


def kl_of_long_rows(length: int) -> float:
    """(π/2) ‖m‖² + (K/2) (σ² − 1 − log σ²) − H(π), in units of the prior's scale.

    Gal & Ghahramani's approximation for mixtures in many dimensions, constant included, with
    H(π) = −π log π − (1 − π) log(1 − π). It replaces the entropy of the mixture by that of
    components that do not overlap. So it is too small by H(c | w), the entropy of which component
    a draw came from. That lies between 0 and 2 log 2 √(π (1 − π)) exp(−‖m‖²/8σ²).
    """
    mean, variance = MEAN / PRIOR, (SIGMA / PRIOR) ** 2
    entropy = -KEEP * np.log(KEEP) - (1 - KEEP) * np.log1p(-KEEP)
    return length / 2 * (KEEP * mean**2 + variance - 1 - np.log(variance)) - entropy


@pytest.mark.slow
def test_kl_approximation_improves_with_the_length_of_the_row() -> None:
    relative = []
    for length in LENGTHS:
        kl, error = monte_carlo_kl(length)
        gap = kl - kl_of_long_rows(length)
        overlap = np.exp(-length * MEAN**2 / (8 * SIGMA**2))
        bound = 2 * np.log(2) * np.sqrt(KEEP * (1 - KEEP)) * overlap
        assert -4 * error < gap < bound + 4 * error
        relative.append((abs(gap) / kl, 4 * error / kl))
    for (before, _), (after, noise) in pairwise(relative):
        assert after < max(before / 2, noise)
    assert relative[0][0] > 0.1
    assert relative[-1][0] < 5e-3  # the noise of this many draws

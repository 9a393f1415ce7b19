"""The marginal density of a weight under several noises, against sampling and closed forms."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import stats

from bayesdrop.noise import Bernoulli, Gaussian, HalfCauchy, InverseNakagami, Noise, Rayleigh
from bayesdrop.show.marginal import log_marginal, point_mass, quantiles_of_size

W = np.array([1e-3, 0.1, 0.5, 1.0, 3.0, -0.5, 20.0])
T, HORSESHOE, LAPLACE, K0 = InverseNakagami(3.0, 3.0), HalfCauchy(), Rayleigh(), Gaussian()
DROPOUT, SLAB = Gaussian(0.3, mean=1.0), Bernoulli(0.7)
LONG = ((HORSESHOE, DROPOUT), (LAPLACE, DROPOUT), (K0, DROPOUT))


def test_no_noise_is_the_normal_and_one_its_own_marginal() -> None:
    np.testing.assert_allclose(log_marginal((), W), stats.norm.logpdf(W))
    np.testing.assert_allclose(log_marginal((T,), W), stats.t.logpdf(W, df=6))


PAIRS = list(itertools.combinations((T, HORSESHOE, LAPLACE, K0, DROPOUT, SLAB), 2))


@pytest.mark.parametrize(
    "noises",
    [pytest.param(p, marks=pytest.mark.slow if p in LONG else ()) for p in PAIRS],
)
def test_the_order_of_two_noises_does_not_matter(noises: tuple[Noise, Noise]) -> None:
    """Each order takes another noise's own marginal and averages over the other."""
    np.testing.assert_allclose(
        np.exp(log_marginal(noises, W)),
        np.exp(log_marginal(noises[::-1], W)),
        rtol=1e-3,
        atol=1e-11,
    )


def test_a_product_of_two_has_the_density_of_its_samples() -> None:
    rng = np.random.default_rng(0)
    w = T.draw(rng, (400_000,)) * LAPLACE.draw(rng, (400_000,)) * rng.standard_normal(400_000)
    edges = np.array([0.05, 0.2, 0.5, 1.0, 2.0, 4.0, 8.0])
    inside = np.histogram(w, edges)[0] / len(w)
    for low, high, share in zip(edges, edges[1:], inside, strict=False):
        x = np.linspace(low, high, 101)
        expected = np.trapezoid(np.exp(log_marginal((T, LAPLACE), x)), x)
        assert share == pytest.approx(expected, abs=4 * np.sqrt(expected / len(w)))


def test_bernoulli_keeps_its_continuous_part() -> None:
    np.testing.assert_allclose(
        log_marginal((T, SLAB), W), np.log(0.7) + stats.t.logpdf(W, df=6), rtol=1e-9
    )
    assert point_mass((T,)) == point_mass(()) == 0
    assert point_mass((T, SLAB, SLAB)) == pytest.approx(1 - 0.49)


def test_quantiles_of_size() -> None:
    np.testing.assert_allclose(
        quantiles_of_size((T,), [0.1, 0.5, 0.9]), stats.t.ppf([0.55, 0.75, 0.95], df=6), rtol=2e-2
    )

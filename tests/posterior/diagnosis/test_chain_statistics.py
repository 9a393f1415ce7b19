"""R-hat and effective sample sizes against their formulas, written out here."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import norm, rankdata

from bayesdrop.posterior.diagnosis.chain_statistics import (
    ess_of_draws,
    nested_rhat_of_draws,
    rhat_of_draws,
    tail_ess_of_draws,
)

Array = NDArray[np.float64]


def halves(draws: Array) -> Array:
    """(chain, draw) → twice as many chains of half the length."""
    half = draws.shape[1] // 2
    return np.concatenate([draws[:, :half], draws[:, -half:]])


def normal_scores(draws: Array) -> Array:
    """Equation 14 of Vehtari et al. (2021): ranks among all draws, as normal quantiles."""
    ranks = rankdata(draws, method="average").reshape(draws.shape)
    return norm.ppf((ranks - 3 / 8) / (draws.size + 1 / 4))


def plain(draws: Array) -> float:
    """Equations 1 to 4 there: √(var⁺ / W) of (chain, draw)."""
    count = draws.shape[1]
    between = count * draws.mean(1).var(ddof=1)
    within = draws.var(1, ddof=1).mean()
    return float(np.sqrt(((count - 1) / count * within + between / count) / within))


def expected(draws: Array) -> float:
    """The larger of rank-normalised split R-hat and that of the folded draws."""
    split = halves(draws)
    folded = np.abs(split - np.median(split))
    return max(plain(normal_scores(split)), plain(normal_scores(folded)))


def independent(seed: int = 0, chains: int = 4, draws: int = 100) -> Array:
    return np.random.default_rng(seed).normal(size=(chains, draws))


CASES: dict[str, Array] = {
    "independent": independent(),
    "a chain elsewhere": independent() + np.array([[0.0], [0.0], [0.0], [1.5]]),
    "a wider chain": independent() * np.array([[1.0], [1.0], [1.0], [5.0]]),
    "drift": independent() + np.linspace(-1, 1, 100),
    "heavy tails": np.random.default_rng(1).standard_cauchy(size=(4, 100))
    + np.array([[0.0], [0.0], [0.0], [2.0]]),
    "odd": independent(2, 3, 31) + np.linspace(0, 1, 31),
    "as many chains as draws": independent(3, 20, 20) + np.linspace(-1, 1, 20),
}


@pytest.mark.parametrize("name", CASES)
def test_rhat_is_rank_normalised_and_split(name: str) -> None:
    draws = CASES[name]
    assert rhat_of_draws(draws[..., None]) == pytest.approx(expected(draws), rel=1e-10)


@pytest.mark.parametrize(
    ("case", "mutant"),
    [
        ("drift", lambda d: max(plain(normal_scores(x)) for x in (d, np.abs(d - np.median(d))))),
        ("heavy tails", lambda d: plain(halves(d))),
        ("as many chains as draws", lambda d: expected(d.T)),
        ("a wider chain", lambda d: plain(normal_scores(halves(d)))),
    ],
    ids=["no splitting", "no ranks", "swapped axes", "no folding"],
)
def test_the_cases_tell_the_formula_from_others(
    case: str, mutant: Callable[[Array], float]
) -> None:
    draws = CASES[case]
    assert abs(mutant(draws) - rhat_of_draws(draws[..., None])[0]) > 0.05


def test_a_lone_chain_is_compared_half_with_half() -> None:
    draws = independent(chains=1, draws=41) + np.linspace(-1, 1, 41)
    two = draws[0, 1:].reshape(2, 20)
    assert rhat_of_draws(draws[..., None]) == pytest.approx(expected(two), rel=1e-10)


def test_every_element_has_its_own() -> None:
    names = ("independent", "a chain elsewhere", "drift", "a wider chain")
    draws = np.stack([CASES[name] for name in names], axis=-1).reshape(4, 100, 2, 2)
    wanted = [expected(CASES[name]) for name in names]
    np.testing.assert_allclose(rhat_of_draws(draws), wanted, rtol=1e-10)
    for ess in (ess_of_draws, tail_ess_of_draws):
        alone = [ess(CASES[name][..., None])[0] for name in names]
        np.testing.assert_allclose(ess(draws), alone, rtol=1e-10)


def test_chains_that_stand_still_have_an_infinite_rhat() -> None:
    still = np.zeros((4, 20, 1)) + np.arange(4)[:, None, None]
    assert rhat_of_draws(still) == np.inf
    assert rhat_of_draws(np.zeros((4, 20, 1))) == np.inf
    lost = independent()[..., None].copy()
    lost[1, 3] = np.nan
    assert rhat_of_draws(lost) == np.inf
    assert ess_of_draws(lost) == tail_ess_of_draws(lost) == 0


def test_effective_sample_sizes_of_an_autoregression() -> None:
    """x' = φ x + noise: (1 − φ)/(1 + φ) of the draws; quantiles have some more."""
    rng, phi = np.random.default_rng(0), 0.6
    draws = np.zeros((4, 4000))
    for i in range(1, 4000):
        draws[:, i] = phi * draws[:, i - 1] + rng.normal(size=4)
    wanted = 16000 * (1 - phi) / (1 + phi)
    assert ess_of_draws(draws[..., None])[0] == pytest.approx(wanted, rel=0.1)
    assert wanted < tail_ess_of_draws(draws[..., None])[0] < 2.5 * wanted


def test_bulk_ess_is_of_ranks_and_tail_ess_of_quantiles() -> None:
    heavy = np.sign(independent()) * np.exp(np.abs(3 * independent()))
    np.testing.assert_allclose(
        ess_of_draws(heavy[..., None]), ess_of_draws(independent()[..., None]), rtol=1e-10
    )
    stays_in_a_tail = independent()
    stays_in_a_tail[0, :15] += 5.0
    ess, tail_ess = (f(stays_in_a_tail[..., None])[0] for f in (ess_of_draws, tail_ess_of_draws))
    assert tail_ess < 0.3 * ess


def nested(draws: Array, groups: Array) -> float:
    """Equations 4 to 8 of Margossian et al. (2024), of (chain, draw)."""
    means, variances = draws.mean(1), draws.var(1, ddof=1)
    each = [groups == group for group in np.unique(groups)]
    between = np.var([means[g].mean() for g in each], ddof=1)
    within = np.mean([means[g].var(ddof=1) + variances[g].mean() for g in each])
    return float(np.sqrt(1 + between / within))


def test_nested_rhat() -> None:
    groups = np.array([0, 0, 1, 1, 2, 2])
    draws = independent(5, 6, 30) + groups[:, None]
    split, twice = halves(draws), np.concatenate([groups, groups])
    folded = np.abs(split - np.median(split))
    wanted = max(nested(normal_scores(split), twice), nested(normal_scores(folded), twice))
    assert nested_rhat_of_draws(draws[..., None], groups) == pytest.approx(wanted, rel=1e-10)
    assert nested_rhat_of_draws(np.zeros((6, 30, 1)), groups) == np.inf

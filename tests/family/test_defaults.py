"""What follows from log_prob, cdf and sample alone, against the families' exact forms."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from own_family import DoubleExponential
from scipy import stats

import bayesdrop as bd
from bayesdrop.family import Normal, Poisson, StudentT, blocks, mixtures

SHAPE = (60, 4, 2)
LEVELS = np.array([1e-6, 0.02, 0.5, 0.9, 0.9999])


def stripped(family: bd.Family) -> bd.Family:
    """The family with its overrides taken away."""
    kept = {name: getattr(type(family), name) for name in ("kind", "log_prob", "cdf", "sample")}
    return type(f"Bare{family}", (bd.Family,), kept)()


def of_scipy(family: bd.Family, p: dict[str, Any]) -> Any:
    """The distributions of ``components``, as SciPy has them."""
    if isinstance(family, Poisson):
        return stats.poisson(p["rate"])
    return stats.t(**p) if isinstance(family, StudentT) else stats.norm(**p)


def components(kind: str) -> tuple[bd.Family, dict[str, Any], Any]:
    rng = np.random.default_rng(3)
    loc, y = rng.normal(size=SHAPE), rng.normal(size=SHAPE[1:])
    scale = rng.uniform(0.4, 0.6, size=SHAPE)
    family: bd.Family = Normal()
    if kind == "scales that differ by 1e6":
        scale = 10 ** rng.uniform(-6, 0, size=SHAPE)
    elif kind == "tiny":
        loc, scale, y = 1e-30 * loc, 1e-30 * scale, 1e-30 * y
    elif kind == "huge":
        loc, scale, y = 1e30 * loc, 1e30 * scale, 1e30 * y
    elif kind == "far from zero":
        loc, y = loc + 1e6, y + 1e6
    elif kind == "far target":
        y = y + 1e4
    elif kind == "runaway":
        loc[0] += 1e6
    elif kind.startswith("counts"):
        rate = float(kind.split()[1]) * np.exp(0.5 * loc)
        return Poisson(), {"rate": rate}, rng.poisson(rate[0]).astype(float)
    parameters = {"loc": loc, "scale": scale}
    if kind.startswith("df"):
        family, parameters["df"] = StudentT(), np.full(SHAPE, float(kind.split()[1]))
    return family, parameters, y


KINDS = (
    "alike",
    "scales that differ by 1e6",
    "tiny",
    "huge",
    "far from zero",
    "far target",
    "runaway",
    "df 1.5",
    "df 4",
    "counts 0.01",
    "counts 3",
    "counts 2000",
)
every_kind = pytest.mark.parametrize("kind", KINDS)


@every_kind
def test_densities_and_cdfs_are_exact(kind: str) -> None:
    """To the digits that SciPy's log of a t density has; its others have all of them."""
    family, p, y = components(kind)
    own, exact = stripped(family), of_scipy(family, p)
    log_density = (exact.logpmf if family.kind == "count" else exact.logpdf)(y)
    expected = np.logaddexp.reduce(log_density, axis=0) - np.log(SHAPE[0])
    rtol = 1e-8 if isinstance(family, StudentT) else 1e-11
    np.testing.assert_allclose(own.mixture_log_prob(p, y), expected, rtol=rtol, atol=1e-10)
    found = own.mixture_cdf(p, y)
    np.testing.assert_allclose(found, exact.cdf(y).mean(0), rtol=1e-12, atol=1e-14)


@every_kind
def test_crps(kind: str) -> None:
    family, p, y = components(kind)
    rtol = 1e-7 if kind == "far target" else 1e-8
    expected = family.mixture_crps(p, y)
    np.testing.assert_allclose(stripped(family).mixture_crps(p, y), expected, rtol=rtol)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if not kind.startswith("counts")])
def test_quantiles(kind: str) -> None:
    """To 1e-8 of the narrowest scale, which is how near the exact forms' roots are."""
    family, p, _ = components(kind)
    found, expected = (f.mixture_quantile(p, LEVELS) for f in (stripped(family), family))
    least = p["scale"].min(axis=0)
    np.testing.assert_array_less(abs(found - expected), 1e-8 * least + 1e-9 * abs(expected))


@every_kind
def test_moments_of_every_draw(kind: str) -> None:
    family, p, _ = components(kind)
    own, variance = stripped(family), family.variance(p)
    spread = np.sqrt(np.where(np.isfinite(variance), variance, p.get("scale", 1.0) ** 2))
    error = 1e-4 if kind == "df 1.5" else 1e-8  # half of the digits of 1 − F are gone there
    assert np.max(abs(own.mean(p) - family.mean(p)) / spread) < error
    np.testing.assert_allclose(own.variance(p), variance, rtol=1e-8)


def test_far_tails() -> None:
    family, p, y = components("alike")
    own = stripped(family)
    for shift in (-36.0, 36.0, 1e5):
        density = of_scipy(family, p).logpdf(y + shift)
        expected = np.logaddexp.reduce(density, axis=0) - np.log(SHAPE[0])
        np.testing.assert_allclose(own.mixture_log_prob(p, y + shift), expected, rtol=1e-12)
    levels = [1e-300, 1e-15, 1 - 1e-12]
    found, exact = (f.mixture_quantile(p, levels) for f in (own, family))
    np.testing.assert_allclose(found, exact, rtol=1e-4)
    np.testing.assert_array_equal(own.mixture_quantile(p, [0, 1])[:, 0, 0], [-np.inf, np.inf])


def test_blocks_of_rows_do_not_change_the_results(monkeypatch: pytest.MonkeyPatch) -> None:
    p = {name: value[:, :, :1] for name, value in components("alike")[1].items()}
    own, y = stripped(Normal()), np.zeros((SHAPE[1], 1))

    def results() -> list[Any]:
        whole = [own.mixture_crps(p, y), own.mixture_quantile(p, LEVELS), own.mean(p)]
        return [*whole, own.variance(p), own.mixture_log_prob(p, y), own.mixture_cdf(p, y)]

    at_once = results()
    monkeypatch.setattr(blocks, "BLOCK", 100)
    for found, expected in zip(results(), at_once, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)


def test_blocks_count_the_logits_of_classes(monkeypatch: pytest.MonkeyPatch) -> None:
    p = {"logits": np.random.default_rng(0).normal(size=(10, 8, 1, 5))}
    y = np.arange(8.0)[:, None] % 5
    at_once = bd.Categorical(5).family.mixture_log_prob(p, y)
    monkeypatch.setattr(blocks, "BLOCK", 100)
    rows = [block for block, _ in mixtures.row_blocks(bd.Categorical(5).family, p)]
    assert rows == [slice(start, start + 2) for start in (0, 2, 4, 6)]
    found = bd.Categorical(5).family.mixture_log_prob(p, y)
    np.testing.assert_allclose(found, at_once, rtol=1e-12)


def test_the_cdf_at_nan_is_nan() -> None:
    p = {"loc": np.zeros((3, 2, 1)), "scale": np.ones((3, 2, 1))}
    found = Normal().mixture_cdf(p, np.array([[np.nan], [0.0]]))
    np.testing.assert_array_equal(found, [[np.nan], [0.5]])


def test_kinks_and_a_tail_too_heavy_for_a_mean() -> None:
    p = {"loc": np.zeros((1, 3, 1)), "scale": np.full((1, 3, 1), 2.0)}
    y = np.array([[0.0], [1.0], [-9.0]])
    own = DoubleExponential()
    z = abs(y) / 2
    expected = 2 * (z + np.exp(-z) - 0.75)  # Jordan, Krüger & Lerch (2019), appendix A
    np.testing.assert_allclose(own.mixture_crps(p, y), expected, rtol=1e-8)
    np.testing.assert_allclose(own.variance(p), np.full((1, 3, 1), 8.0), rtol=1e-8)
    np.testing.assert_array_equal(own.location(p), p["loc"])
    cauchy = stripped(StudentT())
    heavy = {**p, "loc": np.full((1, 3, 1), 5.0), "df": np.ones((1, 3, 1))}
    np.testing.assert_allclose(cauchy.mean(heavy), 5.0)
    assert np.isinf(cauchy.variance(heavy)).all()


def test_means_without_loc_are_the_location_and_can_not_be_standardised() -> None:
    own = stripped(Poisson())
    p = {"rate": np.full((2, 3, 1), 3.0)}
    np.testing.assert_allclose(own.location(p), p["rate"])
    assert own.rescaled(p, np.zeros(1), np.ones(1)) is p
    with pytest.raises(TypeError, match="define its rescaled"):
        own.rescaled(p, np.ones(1), np.ones(1))


def test_a_cdf_that_is_none_is_refused() -> None:
    class Wrong(DoubleExponential):
        def cdf(self, parameters: Any, y: Any) -> Any:
            return np.full(np.shape(parameters["loc"]), 2.0)

    class OneRow(DoubleExponential):
        def cdf(self, parameters: Any, y: Any) -> Any:
            return np.zeros(3)

    _, p, y = components("alike")
    with pytest.raises(ValueError, match=r"Wrong\.cdf returned NaN, or values outside"):
        Wrong().mixture_cdf(p, y)
    with pytest.raises(ValueError, match="must be"):
        OneRow().mixture_cdf(p, y)
    with pytest.raises(ValueError, match="scale must be positive"):
        DoubleExponential().mixture_cdf({**p, "scale": -p["scale"]}, y)
    with pytest.raises(ValueError, match=r"\(rows, outputs\)"):
        DoubleExponential().mixture_crps(p, y[:1])


def test_the_expected_information_is_the_variance_of_the_score() -> None:
    """By the cdf's own draws of a million, to four standard errors."""
    from own_family import Informed

    rng, p = np.random.default_rng(0), {"loc": np.array(0.3), "scale": np.array(1.7)}
    z = (stats.laplace(0.3, 1.7).rvs(10**6, random_state=rng) - 0.3) / 1.7
    scores = {"loc": np.sign(z) / 1.7, "scale": (abs(z) - 1) / 1.7}
    for name, value in Informed().fisher_information(p).items():
        assert np.mean(scores[name] ** 2) == pytest.approx(float(value), rel=0.02)

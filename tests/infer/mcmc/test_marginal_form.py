"""The marginal form in inference: draws of scales, methods that take it, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from monte_carlo import mean_and_error
from numpy.typing import NDArray
from scipy import stats

import bayesdrop as bd
from bayesdrop.marginal import with_scales

RNG = np.random.default_rng(0)
X = RNG.normal(size=(30, 3))
Y = X @ [1.0, 0.0, -1.0] + 0.3 * RNG.normal(size=30)
NAKAGAMI, RAYLEIGH = bd.noise.InverseNakagami(3.0, 3.0), bd.noise.Rayleigh(0.6)


def bound_of(prior: bd.ScaleMixture, form: Any = "marginal") -> bd.BoundModel:
    return bd.Model(bd.ResNet(4, 3, "tanh"), prior).bind(3, 1, form)


def prior_draws(bound: bd.BoundModel, draws: int) -> dict[str, NDArray]:
    """Weights of the prior in the hierarchical form, in two chains, with their scales."""
    rng, values = np.random.default_rng(1), {}
    for site in replace(bound, form="hierarchical").sites:
        scale = np.ones(site.shape)
        lead = (2, draws)
        if site.scaled_by:
            for name, where in site.scaled_by:
                assert isinstance(where, tuple)
                shape = [1] * len(site.shape)
                for axis in where:
                    shape[axis] = site.shape[axis]
                scale = scale * values[name].reshape(*lead, *shape)
        values[site.name] = scale * site.prior.draw(rng, (*lead, *site.shape))
    return values


@pytest.mark.parametrize("form", ["marginal", "marginal_large"])
@pytest.mark.parametrize("noise", [NAKAGAMI, bd.noise.HalfCauchy(0.5)], ids=repr)
def test_scales_given_prior_weights_have_their_prior(noise: bd.Noise, form: Any) -> None:
    """λ ~ p(λ), w ~ p(w | λ), λ' ~ p(λ | w): then λ' ~ p(λ), and w λ'⁻¹ is normal again."""
    bound = bound_of(bd.ScaleMixture(unit=noise, layer=RAYLEIGH, bias=NAKAGAMI), form)
    values = prior_draws(bound, 1500)
    kept = {site.name: values[site.name] for site in bound.sites}
    found = with_scales(bound, kept, seed=3)
    assert list(found) == [s.name for s in (*bound.integrated, *bound.sites)]
    for scale in bound.integrated:
        before, after = values[scale.name].ravel(), found[scale.name].ravel()
        some = np.random.default_rng(0).integers(0, before.size, 3000)
        assert stats.ks_2samp(before[some], after[some]).pvalue > 1e-3, scale.name
    weight = bound.by_name["weight_1"]
    spread = weight.prior.scale * found["unit_scale_1"][..., None]  # type: ignore[attr-defined]
    spread = spread * found["layer_scale_1"][..., None, None]
    normal = (found["weight_1"] / spread)[:, ::3, 0, 0].ravel()
    assert stats.kstest(normal, "norm").pvalue > 1e-3


def test_scales_of_a_draw_depend_on_its_chain_and_number_alone() -> None:
    bound = bound_of(bd.ARDADD(NAKAGAMI, RAYLEIGH))
    values = prior_draws(bound, 40)
    kept = {site.name: values[site.name] for site in bound.sites}
    long = with_scales(bound, kept, seed=5)
    short = with_scales(bound, {name: value[:1, :25] for name, value in kept.items()}, seed=5)
    np.testing.assert_array_equal(short["unit_scale_1"], long["unit_scale_1"][:1, :25])
    other = with_scales(bound, kept, seed=6)
    assert not np.array_equal(other["unit_scale_1"], long["unit_scale_1"])
    alike = with_scales(bound, {n: v[:1].repeat(2, 0) for n, v in kept.items()}, seed=5)
    assert not np.any(alike["unit_scale_1"][0] == alike["unit_scale_1"][1])


def test_a_parameter_with_a_prior_is_of_its_own_draw() -> None:
    """With the noise's scale at two values, the scales given the same weights follow it."""
    noise = bd.noise.HalfCauchy(bd.noise.HalfNormal())
    bound = bd.Model(bd.MLP((4,)), bd.ScaleMixture(bias=noise)).bind(3, 1, "marginal")
    shapes = {site.name: site.shape for site in bound.sites}
    draws = 20_000
    kept = {name: np.ones((1, draws, *shape)) for name, shape in shapes.items()}
    kept["bias_scale_0_scale"][:, ::2] = 0.05
    found = with_scales(bound, kept, seed=0)["bias_scale_0"][0]
    for start, scale in ((0, 0.05), (1, 1.0)):
        alone = bd.noise.HalfCauchy(scale).shared_scale(
            np.random.default_rng(1).random((draws, 4)), np.ones((draws, 4)), 1
        )
        assert stats.ks_2samp(found[start::2, 0], alone[::2, 0]).pvalue > 1e-3


def test_a_lost_chain_has_no_scales() -> None:
    bound = bound_of(bd.ARD(NAKAGAMI))
    values = prior_draws(bound, 5)
    kept = {site.name: values[site.name] for site in bound.sites}
    kept["weight_1"][1, 3] = np.nan
    found = with_scales(bound, kept, seed=0)["unit_scale_1"]
    assert np.isnan(found[1, 3]).all()
    assert np.isfinite(np.delete(found, 3, axis=1)).all()


METHODS = [
    pytest.param(bd.SVI(num_steps=20, num_samples=6, form="marginal"), marks=pytest.mark.slow),
    bd.SVI(num_steps=20, num_samples=6, form="marginal_large", backend="pyro"),
    pytest.param(
        bd.SGHMC(
            num_warmup=10,
            num_samples=6,
            num_chains=1,
            steps_per_draw=2,
            training_steps=20,
            batch_size=8,
            form="marginal",
        ),
        marks=pytest.mark.slow,
    ),
]


@pytest.mark.parametrize("inference", METHODS, ids=lambda m: type(m).__name__)
def test_methods_have_draws_of_the_scales(inference: Any, tmp_path: Any) -> None:
    model = bd.Model(bd.MLP((3,), "tanh"), bd.ARD(bd.noise.HalfCauchy(bd.noise.HalfNormal())))
    post = bd.fit(model, X, Y, inference, progress=False)
    assert post.draws is not None
    assert post.draws["unit_scale_0"].shape == (1, 6, 3)
    assert "weight_0" in post.draws
    assert "scale_mean" in post.feature_relevance()
    post.save(tmp_path / "fit.nc")
    again = bd.load(tmp_path / "fit.nc")
    np.testing.assert_allclose(again.predict(X).mean, post.predict(X).mean, rtol=1e-6)
    assert again.draws is not None
    np.testing.assert_array_equal(again.draws["unit_scale_1"], post.draws["unit_scale_1"])


def test_bernoulli_noise_is_refused() -> None:
    model = bd.Model(bd.MLP((4,)), bd.ARD(bd.noise.Bernoulli(0.5)))
    for form in ("marginal", "marginal_large"):
        with pytest.raises(ValueError, match=rf'{form} form.*point mass.*form="expanded"'):
            bd.sites(model, 3, form=form)
        reason = bd.NUTS(form=form).supports(model)
        assert reason is not None
        assert "point mass" in reason
        assert bd.SVI(form=form).supports(model) == reason


def test_the_structured_guide_has_nothing_to_couple() -> None:
    model = bd.Model(bd.MLP((4,)), bd.ARD(NAKAGAMI))
    reason = bd.SVI(guide="structured", form="marginal").supports(model)
    assert reason is not None
    assert "mean_field" in reason


POSTERIORS = {
    "ard": bd.Model(bd.MLP((2,), "tanh"), bd.ARD(NAKAGAMI)),
    "ard_add": bd.Model(bd.ResNet(2, 2, "tanh"), bd.ARDADD(NAKAGAMI, RAYLEIGH)),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", POSTERIORS)
def test_the_posterior_is_that_of_the_expanded_form(name: str) -> None:
    """Means and variances of f and of every log scale agree within 4 Monte Carlo errors."""
    grid = np.array([[0.3, -1.0, 0.5], [1.2, 0.2, -0.7]])

    def draws(form: Any) -> NDArray[np.float64]:
        method = bd.NUTS(1000, 4000, 4, target_accept_prob=0.9, form=form)
        post = bd.fit(POSTERIORS[name], X[:12], Y[:12], method, seed=7, progress=False)
        assert post.draws is not None
        values = {name: value.astype(float) for name, value in post.draws.items()}
        scales = [site for site in sorted(values) if "scale" in site]
        assert {"noise_scale", "unit_scale_0", "unit_scale_1"} <= set(scales)
        terms = [post.bound.output(values, grid)[..., 0]]
        for site in scales:
            logs = np.log(values[site]).reshape(4, 4000, -1)
            in_order = site == "unit_scale_0"  # of inputs; hidden units have none
            terms.append(logs if in_order else np.sort(logs, axis=-1))
        return np.concatenate(terms, axis=-1)

    one, other = draws("expanded"), draws("marginal")
    centre = one.mean((0, 1))
    for moment in (1, 2):
        (a, a_error), (b, b_error) = (mean_and_error((d - centre) ** moment) for d in (one, other))
        assert np.all(np.abs(a - b) < 4 * np.hypot(a_error, b_error))
        error = np.maximum(a_error, b_error)
        assert np.all(error < 0.1 * one.std((0, 1)) ** moment), "too few draws to tell"

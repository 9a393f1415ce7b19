"""Conditional draws of scales against the joint density, and what GibbsHMC refuses."""

from __future__ import annotations

from typing import Any

import jax
import linear
import numpy as np
import pytest
from numpy.typing import NDArray
from numpyro.infer import NUTS
from quick import quick
from scipy import stats
from scipy.interpolate import CubicSpline
from test_hmc import mean_and_error

import bayesdrop as bd
from bayesdrop.infer.mcmc.gibbs_hmc import conjugate
from bayesdrop.infer.mcmc.gibbs_hmc.conjugate import _draw, draw_scale, with_conjugate_scales
from bayesdrop.infer.mcmc.hmc.kernel import build_kernel
from bayesdrop.infer.mcmc.target import sampled

IN = bd.noise.InverseNakagami(3.0, 2.0)
HC = bd.noise.HalfCauchy(0.6)
RAYLEIGH = bd.noise.Rayleigh(0.7)
RESNET = bd.ResNet(3, 2)
CASES: dict[str, tuple[bd.Model, str]] = {
    "ard": (bd.Model(bd.MLP((3,)), bd.ARD(IN)), "unit_scale_0"),
    "ard_horseshoe": (bd.Model(bd.MLP((3,)), bd.ARD(HC)), "unit_scale_1"),
    "add_with_biases": (bd.Model(RESNET, bd.ScaleMixture(layer=IN)), "layer_scale_1"),
    "ard_add_unit": (bd.Model(RESNET, bd.ARDADD(IN, HC)), "unit_scale_1"),
    "ard_add_layer": (bd.Model(RESNET, bd.ARDADD(IN, HC)), "layer_scale_1"),
    "drop_connect_laplace": (bd.Model(bd.MLP((3,)), bd.DropConnect(RAYLEIGH)), "weight_scale_1"),
    "scale_with_a_prior": (
        bd.Model(bd.MLP((3,)), bd.ARD(bd.noise.HalfCauchy(bd.noise.HalfCauchy(1.0)))),
        "unit_scale_0",
    ),
}
"""Name → model, and the scale whose first element is drawn."""
_DRAWS, _SWEEPS = 4000, 100


def values_of(model: bd.Model, size: float) -> dict[str, NDArray[Any]]:
    """Some value of every site, weights and biases about as large as ``size``."""
    rng = np.random.default_rng(3)
    return {
        site.name: np.asarray(
            rng.normal(size=site.shape) * size
            if site.support == "real"
            else 0.3 + rng.random(site.shape)
        )
        for site in bd.sites(model, 2, form="hierarchical")
    }


def cumulative(model: bd.Model, scale: str, values: dict[str, NDArray[Any]]) -> Any:
    """The distribution function of log λ of the first element of ``scale``, by quadrature."""
    X, y = np.ones((1, 2)), np.zeros(1)

    def log_density(log_scale: float) -> float:
        at = np.array(values[scale])
        at.reshape(-1)[0] = np.exp(log_scale)
        joint = bd.log_joint(model, {**values, scale: at}, X, y, "pyro", "hierarchical")
        return joint + log_scale

    coarse = np.linspace(-13, 7, 44)
    found = np.array([log_density(x) for x in coarse])
    spline = CubicSpline(coarse, found - found.max())
    fine = np.linspace(-13, 7, 20_001)
    density = np.exp(spline(fine))
    assert max(density[0], density[-1]) < 1e-4, "the grid is too narrow"
    total = np.cumsum(density)
    return lambda x: np.interp(x, fine, total / total[-1])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("case", "size"),
    quick(
        [*((case, 1.0) for case in CASES), ("drop_connect_laplace", 3e-5), ("ard_horseshoe", 0.01)],
        lambda case: case == ("add_with_biases", 1.0),
    ),
)
def test_draws_are_of_the_conditional_distribution(case: str, size: float) -> None:
    model, name = CASES[case]
    table = bd.sites(model, 2, form="hierarchical")
    site = next(s for s in table if s.name == name)
    values = values_of(model, size)

    def chain(key: Any) -> Any:
        """The other elements of the scale are drawn too, and bear on none but themselves."""

        def sweep(i: Any, present: Any) -> Any:
            given = {**values, name: present}
            return draw_scale(jax.random.fold_in(key, i), site, table, given)

        return jax.lax.fori_loop(0, _SWEEPS, sweep, jax.numpy.ones(site.shape))

    drawn = jax.jit(jax.vmap(chain))(jax.random.split(jax.random.key(0), _DRAWS))
    first = np.log(np.asarray(drawn).reshape(_DRAWS, -1)[:, 0])
    assert stats.kstest(first, cumulative(model, name, values)).pvalue > 1e-3


@pytest.mark.parametrize(
    ("prior", "group", "squares"),
    [(IN, 4, 3.0), (HC, 3, 0.5), (RAYLEIGH, 1, 0.2)],
    ids=["inverse Nakagami", "half-Cauchy", "Rayleigh"],
)
def test_a_scale_given_the_squares_of_its_weights(prior: Any, group: int, squares: float) -> None:
    """Of density p(λ) λ^(−D) exp(−M/(2λ²)); half-Cauchy noise takes some sweeps to it."""

    def sweep(i: Any, carry: Any) -> Any:
        key, present = carry
        key, own = jax.random.split(key)
        return key, _draw(own, prior, present, group, jax.numpy.full(3000, squares))

    start = (jax.random.key(0), jax.numpy.ones(3000))
    count = 30 if prior is HC else 1
    drawn = jax.jit(lambda: jax.lax.fori_loop(0, count, sweep, start)[1])()
    t = np.linspace(-12, 8, 20_001)
    log_mass = prior.log_prob(np.exp(t)) - group * t - squares / 2 * np.exp(-2 * t) + t
    total = np.cumsum(np.exp(log_mass - log_mass.max()))
    found = np.log(np.asarray(drawn, np.float64))
    assert stats.kstest(found, lambda x: np.interp(x, t, total / total[-1])).pvalue > 1e-3


def test_the_squares_are_relative_to_the_other_scales(monkeypatch: pytest.MonkeyPatch) -> None:
    """M of λ_i is Σ_j w_ij² / (τ σ₀)², and that of τ has Σ_j b_j² / σ_b² too."""
    table = bd.sites(bd.Model(RESNET, bd.ARDADD(IN, HC)), 2, form="hierarchical")
    values = values_of(bd.Model(RESNET, bd.ARDADD(IN, HC)), 1.0)
    monkeypatch.setattr(conjugate, "_draw", lambda key, prior, present, group, squares: squares)
    unit, layer = (
        np.asarray(conjugate.draw_scale(None, site, table, values))
        for site in table
        if site.name in ("unit_scale_1", "layer_scale_1")
    )
    weight, bias = values["weight_1"], values["bias_1"]
    scales, block = values["unit_scale_1"], values["layer_scale_1"]
    squares = weight**2 * 3  # σ₀² = 1/3
    np.testing.assert_allclose(unit, (squares / block**2).sum(1), rtol=1e-5)
    expected = (squares / scales[:, None] ** 2).sum() + (bias**2).sum()
    np.testing.assert_allclose(layer, expected, rtol=1e-5)


def test_scales_are_drawn_given_weights_that_are_moved_relative_to_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """τ is not conjugate, so NUTS moves z = w/τ, and λ is drawn given w as before."""
    bound = bd.Model(RESNET, bd.ARDADD(IN, RAYLEIGH)).bind(2, 1, "hierarchical")
    held = bd.GibbsHMC().held(bound)
    assert held == ("unit_scale_0", "unit_scale_1", "unit_scale_2")
    target = sampled(bound, 0.3, integrate_noise_scale=False, held=held)
    values = values_of(bound.model, 1.0)
    moved = dict(values)
    for name in ("weight_1", "bias_1"):
        moved[f"{name}_partly_centred"] = moved.pop(name) / values["layer_scale_1"]
    monkeypatch.setattr(conjugate, "_draw", lambda key, prior, present, group, squares: squares)
    kernel = with_conjugate_scales(NUTS(target.program), target, bound.sites)
    drawn = {name: moved.pop(name) for name in held}
    found = kernel._gibbs_fn(jax.random.key(0), drawn, moved)
    squares = 3 * (values["weight_1"] / values["layer_scale_1"]) ** 2  # σ₀² = 1/3
    np.testing.assert_allclose(found["unit_scale_1"], squares.sum(1), rtol=1e-5)


def test_a_draw_beside_moved_scales_has_every_site() -> None:
    bound = bd.Model(RESNET, bd.ARDADD(IN, RAYLEIGH)).bind(2, 1, "hierarchical")
    kernel = build_kernel(bd.GibbsHMC(num_warmup=1), bound, "none", with_conjugate_scales)
    rows = (jax.numpy.ones((4, 2)), jax.numpy.ones((4, 1)))

    def draw(key: Any) -> Any:
        return kernel.observe(*kernel.step(0, kernel.init(key, rows), rows), rows).values

    found = jax.eval_shape(draw, jax.random.key(0))
    assert {name: value.shape for name, value in found.items()} == {
        site.name: site.shape for site in bound.sites
    }


@pytest.mark.slow
def test_the_posterior_is_that_of_nuts() -> None:
    model = linear.model(unit=bd.noise.InverseNakagami(3.0, 3.0))
    X, y = linear.data(rows=30, features=3)
    common: dict[str, Any] = {"num_warmup": 300, "num_samples": 2000, "num_chains": 2}
    gibbs = bd.fit(model, X, y, bd.GibbsHMC(**common), progress=False)
    nuts = bd.fit(model, X, y, bd.NUTS(**common, form="hierarchical"), progress=False)
    assert gibbs.draws is not None
    assert nuts.draws is not None
    for name in gibbs.draws:
        drawn = [p.draws[name].reshape(2, 2000, -1).astype(float) for p in (gibbs, nuts)]  # type: ignore[index]
        for power in (1, 2):
            (left, left_error), (right, right_error) = (mean_and_error(d**power) for d in drawn)
            assert np.all(np.abs(left - right) < 4 * np.hypot(left_error, right_error)), name
    stats_of_gibbs = gibbs.sample_stats
    assert set(stats_of_gibbs) == set(nuts.sample_stats)
    own = gibbs.fit.info["gradients"] - stats_of_gibbs["n_steps"].sum()
    assert own > 2 * 2300  # one more per draw, and those of the warm-up


def test_models_without_a_conjugate_scale_are_refused_in_words() -> None:
    method = bd.GibbsHMC()
    bernoulli = method.supports(bd.Model(bd.MLP((3,)), bd.ARD(bd.noise.Bernoulli(0.9))))
    assert bernoulli is not None
    assert 'bd.NUTS(discrete="gibbs")' in bernoulli
    laplace = method.supports(bd.Model(bd.MLP((3,)), bd.DropConnect(bd.noise.Uniform(0.0, 1.0))))
    assert laplace is not None
    assert "Uniform" in laplace
    assert "bd.NUTS" in laplace
    assert "no noise" in str(method.supports(linear.model()))
    learned = bd.Model(bd.MLP((3,)), bd.ARD(bd.noise.HalfCauchy(bd.Learned(1.0))))
    assert "optimises nothing" in str(method.supports(learned))
    assert method.supports(bd.Model(bd.MLP((3,)), bd.ARD(HC))) is None


def test_settings_are_checked() -> None:
    with pytest.raises(ValueError, match="num_samples"):
        bd.GibbsHMC(num_samples=0)
    with pytest.raises(ValueError, match="target_accept_prob"):
        bd.GibbsHMC(target_accept_prob=1.0)


def test_data_that_leave_no_conjugate_scale_are_refused_in_words() -> None:
    model = bd.Model(bd.MLP(()), bd.ARD(bd.noise.Rayleigh(1.0)))
    assert bd.GibbsHMC().supports(model) is None  # of one output
    X = np.random.default_rng(0).normal(size=(10, 2))
    with pytest.raises(bd.UnsupportedModelError, match=r"on these data: it has Rayleigh.*bd\.NUTS"):
        bd.fit(model, X, X + 1.0, bd.GibbsHMC(), progress=False)

"""The flow, the structured guide and what all guides share, in both libraries."""

from __future__ import annotations

from functools import cache
from typing import Any, get_args

import jax
import jax.numpy as jnp
import linear
import numpy as np
import pyro as pyro_ppl
import pytest
import torch
from numpyro import handlers
from numpyro.infer import init_to_median
from pyro.infer import autoguide
from scipy import stats

import bayesdrop as bd
from bayesdrop.infer.vi.guides import Guide, layout
from bayesdrop.infer.vi.guides.structured_numpyro import StructuredGuide
from bayesdrop.infer.vi.guides.structured_pyro import structured_guide
from bayesdrop.programs import numpyro, pyro

HALF_CAUCHY = linear.model(unit=bd.noise.HalfCauchy(1.0))
EXACT = linear.exact_of(*linear.data())
NUMPYRO: dict[str, Any] = {"num_steps": 20_000, "num_particles": 4, "final_learning_rate": 1e-5}
PYRO: dict[str, Any] = {"num_steps": 2500, "learning_rate": 0.02, "backend": "pyro"}
LONG_PYRO: dict[str, Any] = {**PYRO, "num_steps": 8000, "num_particles": 2}
BACKENDS = ["numpyro", pytest.param("pyro", marks=pytest.mark.slow)]


@cache
def fitted(guide: Guide, backend: str, model: bd.Model = HALF_CAUCHY) -> bd.Posterior:
    method = bd.SVI(guide=guide, **(NUMPYRO if backend == "numpyro" else LONG_PYRO))
    return bd.fit(model, *linear.data(), method, progress=False)


def final_loss(posterior: bd.Posterior) -> tuple[float, float]:
    """Mean of the last quarter, and its standard error."""
    last = posterior.fit.losses[-len(posterior.fit.losses) // 4 :]
    return float(last.mean()), float(last.std() / np.sqrt(len(last)))


@pytest.mark.slow
@pytest.mark.parametrize("backend", BACKENDS)
def test_flow_finds_a_correlated_posterior(backend: str) -> None:
    """Mean-field is 0.7 nats off here, and each of its variances too small by up to 60 %."""
    posterior = fitted("flow", backend, linear.model())
    draws = linear.stacked(posterior.draws)[0, :, :, 0]
    loss, error = final_loss(posterior)
    assert loss == pytest.approx(-EXACT.log_evidence, abs=0.05 + 4 * error)
    sd = np.sqrt(np.diag(EXACT.covariance))
    tolerance = 4 / np.sqrt(len(draws))
    np.testing.assert_allclose((draws.mean(0) - EXACT.mean[:, 0]) / sd, 0, atol=0.05 + tolerance)
    np.testing.assert_allclose(draws.var(0) / sd**2, 1, atol=0.1 + 1.5 * tolerance)
    correlation = EXACT.covariance / np.outer(sd, sd)
    np.testing.assert_allclose(np.corrcoef(draws.T), correlation, atol=0.05 + tolerance)


@pytest.mark.slow
@pytest.mark.parametrize("backend", BACKENDS)
def test_coupling_scales_and_weights_gains_elbo(backend: str) -> None:
    mean_field, error = final_loss(fitted("mean_field", backend))
    structured, own_error = final_loss(fitted("structured", backend))
    assert mean_field - structured > 1 + 4 * (error + own_error)


@pytest.mark.slow
@pytest.mark.parametrize("guide", ["mean_field", "structured", "full_rank", "flow"])
def test_both_libraries_find_one_elbo(guide: Guide) -> None:
    ours, error = final_loss(fitted(guide, "numpyro"))
    theirs, their_error = final_loss(fitted(guide, "pyro"))
    assert ours == pytest.approx(theirs, abs=0.15 + 4 * (error + their_error))


X = np.random.default_rng(0).normal(size=(6, 3)).astype(np.float32)
SCALED = bd.Model(bd.ResNet(2, 2), bd.ARDADD(bd.noise.HalfCauchy(), bd.noise.HalfCauchy()))


@pytest.mark.parametrize("form", ["expanded", "hierarchical"])
def test_every_scaled_element_is_coupled_with_its_own_scales(form: Any) -> None:
    table = bd.sites(SCALED, 3, form=form)
    names = [site.name for site in table][::-1]
    places = layout.positions(names, table)
    flat = [(name, *i) for name in names for i in np.ndindex(places[name].shape)]
    suffix = "_base" if form == "expanded" else ""
    found = {
        (flat[own], flat[scale])
        for *_, owns, scales in layout.couplings(table, places)
        for own, scale in zip(owns, scales, strict=True)
    }
    for i, j in np.ndindex(2, 2):
        weight = (f"weight_1{suffix}", i, j)
        assert (weight, ("unit_scale_1", i)) in found
        assert (weight, ("layer_scale_1",)) in found
    assert ((f"bias_1{suffix}", 1), ("layer_scale_1",)) in found
    # matrix 0: 3·2 under units; 1: 2·2 under units and a layer, 2 biases; last: 2 under units
    assert len(found) == 6 + 2 * 4 + 2 + 2


@pytest.mark.slow
def test_structured_density_is_that_of_its_normal_distribution() -> None:
    """Against SciPy's, of the covariance that S + C S implies."""
    table = bd.sites(HALF_CAUCHY, 3)
    program = numpyro.build(HALF_CAUCHY.bind(3))
    guide = StructuredGuide(program, table, init_loc_fn=init_to_median)
    with handlers.seed(rng_seed=0):
        guide(jnp.asarray(X), jnp.asarray(X[:, :1]))
    rng = np.random.default_rng(1)
    d = guide.latent_dim
    loc, scale, coupling = rng.normal(size=d), rng.uniform(0.2, 2, d), rng.normal(size=3)
    values = {"auto_loc": loc, "auto_scale": scale, "auto_coupling": coupling}
    with handlers.seed(rng_seed=0), handlers.substitute(data=values):
        q = guide._get_posterior()
        x, intermediates = q.sample_with_intermediates(jax.random.key(2), (5,))
    places = layout.positions(guide._init_locs, table)
    shear = np.eye(d)
    shear[places["weight_0_base"][:, 0], places["unit_scale_0"]] = coupling
    root = shear * scale
    exact = stats.multivariate_normal(loc, root @ root.T).logpdf(np.asarray(x))
    np.testing.assert_allclose(q.log_prob(x, intermediates), exact, rtol=1e-3)
    np.testing.assert_allclose(q.log_prob(x), exact, rtol=1e-3)


def test_pyro_weights_move_with_their_own_scales() -> None:
    table = bd.sites(SCALED, 3)
    program = pyro.build(SCALED.bind(3))
    x = torch.as_tensor(X)
    with pyro_ppl.get_param_store().scope(), torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(0)
        guide = structured_guide(program, table, init_loc_fn=autoguide.init_to_median)
        guide(x, x[:, :1])
        weight = "weight_1_base"
        guide.deps.weight_1_base.unit_scale_1.coupling.fill_(2.0)
        guide.deps.weight_1_base.layer_scale_1.coupling.fill_(3.0)
        guide.scales.weight_1_base = torch.full((4,), 1e-4)
        drawn = guide(x, x[:, :1])
        unit, layer = (
            drawn[name].log() - getattr(guide.locs, name)
            for name in ("unit_scale_1", "layer_scale_1")
        )
        moved = drawn[weight] - guide.locs.weight_1_base.reshape(2, 2)
    expected = (2 * unit[:, None] + 3 * layer).expand(2, 2)
    np.testing.assert_allclose(moved, expected, atol=1e-3)
    assert abs(unit[0] - unit[1]) > 0.01


@pytest.mark.parametrize("guide", get_args(Guide))
def test_every_guide_takes_minibatches_and_keeps_supports(guide: Guide) -> None:
    method = bd.SVI(guide=guide, num_steps=10, num_samples=10, batch_size=10, backend="pyro")
    X, y = linear.data(rows=20, features=2, outputs=2)
    posterior = bd.fit(SCALED, X, y, method, progress=False)
    assert posterior.draws is not None
    for site in posterior.sites:
        assert posterior.draws[site.name].shape == (1, 10, *site.shape)
        assert site.support != "positive" or np.all(posterior.draws[site.name] > 0)
    assert posterior.predict(X).mean.shape == (20, 2)


@pytest.mark.slow
@pytest.mark.parametrize("guide", ["flow", "structured", "dropout"])
def test_minibatches_are_scaled_to_all_rows(guide: Guide) -> None:
    """Without the factor the losses would be some 40 nats apart."""
    X, y = linear.data()
    methods = [
        bd.SVI(guide=guide, **{**PYRO, "num_steps": 600, "batch_size": b, "num_samples": 2})
        for b in (None, 20)
    ]
    whole, part = (
        bd.fit(HALF_CAUCHY, X, y, method, progress=False).fit.losses[-200:].mean()
        for method in methods
    )
    assert part == pytest.approx(whole, abs=8)


@pytest.mark.parametrize("guide", ["flow", "structured", "low_rank", "full_rank"])
def test_relaxed_boolean_noise_takes_every_gaussian_guide(guide: Guide) -> None:
    model = bd.Model(bd.MLP((3,)), bd.ARD(bd.noise.Bernoulli(0.8)))
    method = bd.SVI(guide=guide, num_steps=10, num_samples=20, backend="pyro")
    posterior = bd.fit(model, *linear.data(rows=20, features=2), method, progress=False)
    assert posterior.draws is not None
    assert set(np.unique(posterior.draws["unit_scale_0"])) <= {0, 1}


def test_guides_say_what_they_cannot_do() -> None:
    boolean = bd.Model(bd.MLP((3,)), bd.ARD(bd.noise.Bernoulli(0.8)))
    reason = bd.SVI(guide="dropout").supports(boolean)
    assert reason is not None
    assert "unit_scale_0" in reason
    assert "MCDropout" in reason
    assert "mean_field" in (bd.SVI(guide="structured").supports(bd.Model(bd.MLP((3,)))) or "")
    assert bd.SVI(guide="dropout").supports(bd.Model(bd.MLP((3,)))) is None
    assert bd.SVI(guide="dropout", form="hierarchical").supports(SCALED) is None
    assert bd.SVI(guide="structured").supports(boolean) is None
    with pytest.raises(ValueError, match="did you mean 'flow'"):
        bd.SVI(guide="flows")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="keep"):
        bd.SVI(guide="dropout", keep=1.0)

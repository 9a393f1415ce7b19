"""A likelihood of a user's own with a family of its own, in every program and under Laplace."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
import numpyro
import pyro
import pytest
import torch
from own_family import InformedNoise, UninformedNoise

import bayesdrop as bd
from bayesdrop.family import Normal
from bayesdrop.programs import numpyro_family, pyro_family

MODEL = bd.Model(bd.MLP(()), bd.ScaleMixture(base_scale=1.0), UninformedNoise())


def data(rows: int = 150) -> tuple[Any, Any]:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(rows, 2))
    return X, X @ np.array([1.0, -0.5]) + rng.laplace(0, 0.4, rows)


def test_both_programs_have_the_density_of_the_model() -> None:
    X, y = data(20)
    rng = np.random.default_rng(1)
    values = {
        "weight_0": rng.normal(size=(2, 1)),
        "bias_0": rng.normal(size=1),
        "noise_scale": np.array([0.7]),
    }
    f = (X @ values["weight_0"] + values["bias_0"])[:, 0]
    expected = np.sum(-abs(y - f) / 0.7 - np.log(1.4))
    for name in ("weight_0", "bias_0"):
        expected += np.sum(-0.5 * values[name] ** 2 - 0.5 * np.log(2 * np.pi))
    expected += 0.5 * np.log(2 / np.pi) - 0.5 * 0.7**2
    for backend in ("numpyro", "pyro"):
        found = bd.log_joint(MODEL, values, X, y, backend)
        assert found == pytest.approx(expected, rel=1e-9)


def test_numpyro_samples_the_target_in_compiled_programs() -> None:
    X = data(40)[0]
    predictive = numpyro.infer.Predictive(bd.numpyro_model(MODEL, n_outputs=2), num_samples=200)
    first, again, other = (jax.jit(predictive)(jax.random.key(k), X)["y"] for k in (0, 0, 1))
    assert first.shape == (200, 40, 2)
    np.testing.assert_array_equal(first, again)
    assert (np.asarray(first) != np.asarray(other)).mean() > 0.9


def test_each_library_samples_the_family() -> None:
    """The mean of |z| is 1, with a standard error of 0.005."""
    loc, scale = np.full((40_000, 1), 3.0), np.full((40_000, 1), 0.5)
    family = MODEL.likelihood.family
    in_numpyro = numpyro_family.distribution(
        family, {"loc": jax.numpy.asarray(loc), "scale": jax.numpy.asarray(scale)}
    ).sample(jax.random.key(0))
    in_pyro = pyro_family.distribution(
        family, {"loc": torch.as_tensor(loc), "scale": torch.as_tensor(scale)}
    ).sample()
    for draws in (np.asarray(in_numpyro), in_pyro.numpy()):
        assert draws.shape == loc.shape
        assert np.mean(abs(draws - 3) / 0.5) == pytest.approx(1, abs=0.03)


def test_pyro_samples_the_target_under_plates_of_draws() -> None:
    X = torch.as_tensor(data(30)[0])
    program = bd.pyro_model(MODEL)
    assert pyro.infer.Predictive(program, num_samples=7)(X)["y"].shape == (7, 30, 1)
    p = {"loc": torch.zeros(4, 30, 1), "scale": torch.ones(30, 1)}
    target = pyro_family.distribution(MODEL.likelihood.family, p)
    assert target.sample((2,)).shape == (2, 4, 30, 1)
    wide = target.expand((5, 4, 30, 1))
    assert wide.log_prob(torch.zeros(30, 1)).shape == (5, 4, 30, 1)
    assert wide.sample().shape == (5, 4, 30, 1)


def test_a_subclass_with_a_density_of_its_own_is_not_the_librarys() -> None:
    class Flatter(Normal):
        def log_prob(self, parameters: Any, y: Any) -> Any:
            return 0.5 * super().log_prob(parameters, y)

    class Named(Normal):
        pass

    p = {"loc": jax.numpy.zeros((3, 1)), "scale": jax.numpy.ones((3, 1))}
    own, native = numpyro_family.distribution(Flatter(), p), numpyro_family.distribution(Named(), p)
    assert isinstance(own, numpyro_family.FamilyDistribution)
    assert isinstance(native, numpyro.distributions.Normal)


def test_laplace_refuses_what_it_does_not_know() -> None:
    X, y = data()
    reason = bd.Laplace().supports(MODEL)
    assert reason is not None
    assert "UninformedNoise's family DoubleExponential states no Fisher information" in reason
    with pytest.raises(bd.UnsupportedModelError, match=r"bd\.NUTS or bd\.SVI"):
        bd.fit(MODEL, X, y, bd.Laplace(), progress=False)
    assert bd.Laplace().supports(bd.Model(MODEL.network, MODEL.prior, InformedNoise())) is None


def test_the_information_of_a_base_is_not_of_another_density() -> None:
    class Flatter(Normal):
        def log_prob(self, parameters: Any, y: Any) -> Any:
            return 0.5 * super().log_prob(parameters, y)

    class InformedFlatter(Flatter):
        def fisher_information(self, parameters: Any) -> Any:
            return {"loc": 0.5 * parameters["scale"] ** -2}

    class Named(InformedFlatter):
        pass

    for family, knows in ((Flatter(), False), (InformedFlatter(), True), (Named(), True)):
        likelihood = type("Own", (UninformedNoise,), {"family": family})()
        reason = bd.Laplace().supports(bd.Model(MODEL.network, MODEL.prior, likelihood))
        assert (reason is None) is knows
    assert Normal().states_fisher_information


@pytest.mark.slow
def test_laplace_is_right_where_it_knows() -> None:
    """NLL near NUTS's; the width at the observed target would be the prior's."""
    X, y = data()
    informed = bd.Model(MODEL.network, MODEL.prior, InformedNoise())
    new_X, new_y = data(400)
    new_X, new_y = new_X[150:], new_y[150:]
    laplace, nuts = (
        bd.fit(informed, X, y, method, progress=False).predict(new_X)
        for method in (
            bd.Laplace(num_steps=2000, num_samples=200),
            bd.NUTS(num_warmup=200, num_samples=200, num_chains=1),
        )
    )
    scores = [bd.evaluate(pred, new_y) for pred in (laplace, nuts)]
    assert scores[0]["nll"] == pytest.approx(scores[1]["nll"], abs=0.03)
    assert scores[0]["crps"] == pytest.approx(scores[1]["crps"], rel=0.03)
    np.testing.assert_allclose(laplace.epistemic_std.mean(), nuts.epistemic_std.mean(), rtol=0.35)


def test_definitions_that_are_wrong_are_refused() -> None:
    with pytest.raises(TypeError, match=r"instance of a bd\.Family"):

        class NoInstance(UninformedNoise):
            family = Normal  # type: ignore[assignment]

    assert UninformedNoise.standardises_target

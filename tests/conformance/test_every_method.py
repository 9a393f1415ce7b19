"""Every method of the catalog on every model of it: a sensible fit, or the reason why not.

Every refusal runs always, and one fit of each method that compiles in seconds; all other pairs are
slow: `pytest -m slow tests/conformance/test_every_method.py`.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

import bayesdrop as bd
from bayesdrop import catalog
from bayesdrop.programs.host_devices import use_host_devices

use_host_devices()

MODELS, METHODS = catalog.names("models"), catalog.names("inference")
AT_MOST = {
    "num_warmup": 100,
    "steps_per_draw": 10,
    "training_steps": 300,
    "num_restarts": 1,
    "num_inducing": 20,
    "num_samples": 100,
    "num_scales": 5,
    "num_chains": 2,
    "num_steps": 600,
    "num_epochs": 600,
    "num_passes": 100,
    "num_particles": 8,
    "num_members": 2,
    "n_members": 2,
    "warmup_steps": 5000,
    "n_samples": 500,
    "n_thinning": 10,
    "max_tree_depth": 6,
}
"""Settings made small, in whichever method has them."""
LONGER = {"num_warmup": 400, "max_tree_depth": 8, "training_steps": 2000, "step_size": 5e-4}
"""For heavy tails, and for weights of unit variance: more of it, in smaller steps."""
NARROW = {"init_scale": 0.01, "num_steps": 300}
"""For the many parameters of a covariance: near the solution after few steps."""

NOISE_OF_OTHER_DATA = ("mc_dropout_2018_kin8nm", "mc_dropout_2018_naval")
"""Their noise is fixed, a hundredth of these rows'; so is a mode's with a released model."""


def tiny(value: Any, model: str) -> Any:
    """The method with small settings, and so the method inside it; MC dropout with large steps."""
    changes: dict[str, Any] = {}
    if isinstance(value, bd.MCDropout):
        changes["learning_rate"] = 0.01
        if model == "heteroscedastic":
            changes["masks"] = 10  # with one, training may end in noise alone: docs/methods.md
    at_most = AT_MOST | (LONGER if model.startswith(("horseshoe", "released")) else {})
    if isinstance(value, bd.MCLMC):
        at_most |= {"num_warmup": 2000}  # 20 to a leapfrog tree
    if isinstance(value, bd.SVI) and value.guide in ("low_rank", "full_rank"):
        at_most |= NARROW
    for field in dataclasses.fields(value):
        setting = getattr(value, field.name)
        if isinstance(setting, bd.Inference):
            changes[field.name] = tiny(setting, model)
        elif field.name in at_most and isinstance(setting, (int, float)):
            changes[field.name] = min(setting, at_most[field.name])
    return dataclasses.replace(value, **changes)


def data() -> tuple[np.ndarray, np.ndarray]:
    """A smooth target in units of its own, with one feature that does not matter."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 3)) * [1.0, 20.0, 0.1]
    return X, 50 + 10 * np.tanh(X[:, 0]) + X[:, 1] / 5 + rng.normal(size=60)


def pairs() -> tuple[list[Any], list[Any]]:
    """Those that can run and those that can't.

    A method has a quick fit of the first model it can run, from another one for each.
    """
    fits, refusals = [], []
    for index, method in enumerate(METHODS):
        inference = catalog.load("inference", method).value
        order = [*MODELS[index % len(MODELS) :], *MODELS[: index % len(MODELS)]]
        runs = [m for m in order if inference.supports(catalog.load("models", m).value) is None]
        again = method.startswith("mc_dropout_2018") and not method.endswith("boston")
        long = hasattr(inference, "num_chains") or method.startswith("svi_")
        refusals += [(method, model) for model in MODELS if model not in runs]
        for model in runs:
            quick = model == runs[0] and not again and not long
            fits.append(pytest.param(method, model, marks=() if quick else pytest.mark.slow))
    return fits, refusals


FITS, REFUSALS = pairs()


@pytest.mark.parametrize(("method", "model"), REFUSALS)
def test_it_says_why_not(method: str, model: str) -> None:
    chosen = catalog.load("models", model).value
    inference = tiny(catalog.load("inference", method).value, model)
    reason = inference.supports(chosen)
    assert reason is not None
    assert any(known in reason for known in ("bd.", "=", "gaussian_prior")), (
        f"it names nothing to do instead: {reason}"
    )
    with pytest.raises(bd.UnsupportedModelError, match="can't run this model"):
        bd.fit(chosen, *data(), inference, progress=False)


@pytest.mark.usefixtures("programs_of_its_own")
@pytest.mark.parametrize(("method", "model"), FITS)
def test_it_runs_to_a_sensible_fit(method: str, model: str) -> None:
    X, y = data()
    chosen = catalog.load("models", model).value
    inference = tiny(catalog.load("inference", method).value, model)
    post = bd.fit(chosen, X, y, inference, seed=1, progress=False)
    pred = post.predict(X)
    scores = bd.evaluate(pred, y)
    constant = np.log(y.std() * np.sqrt(2 * np.pi * np.e))
    assert all(np.isfinite(values).all() for values in pred.parameters.values())
    # a few draws of a horseshoe's infinite variance move the mean of 200 anywhere
    centre = pred.quantile(0.5) if model.startswith("horseshoe") else pred.mean
    assert np.sqrt(np.mean((centre - y) ** 2)) < 1.2 * y.std()
    if not (method in NOISE_OF_OTHER_DATA or (method == "map" and model.startswith("released"))):
        assert scores["nll"] < constant + 0.5
    assert (pred.std > 0).all()

"""Every method of the catalog on models of it: a sensible fit, or the reason why not.

Every refusal runs always, and one fit of each class that compiles in seconds. The others are slow:
`pytest -m slow tests/conformance/test_every_method.py`. A method has every third model,
of those that it can run, and its neighbours in the catalog have the others. Methods that differ in
numbers alone share these models.
"""

from __future__ import annotations

import ast
import dataclasses
import os
import re
import sys
from collections import Counter
from typing import Any

import numpy as np
import pytest
from noises import Exponential
from own_family import UninformedNoise

import bayesdrop as bd
from bayesdrop import catalog, spec
from bayesdrop.infer.peers.bde import settings as bde
from bayesdrop.programs.host_devices import use_host_devices

use_host_devices()

MODELS, METHODS = catalog.names("models"), catalog.names("inference")
TABLES = tuple(m for m in MODELS if not catalog.load("models", m).value.network.shares_weights)
"""Models of tables; networks of images and sequences are fitted in tests/network."""
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

LONG = (
    *(bd.CatBoost, bd.DeepEnsemble, bd.DeepGP, bd.GridSearch, bd.Laplace, bd.MAP, bd.MCDropout),
    *(bd.PBP, bd.SMC, bd.SteinVI, bd.SVI, bd.VariationalEM),
)
"""Two seconds and more: quick fits of them are in tests/infer and tests/golden."""
EVERY = 3
"""A method has every third model."""
KINDS = 3
"""A model has methods of at least that many classes."""
DEEP = "stochastic_depth"
"""The covariance of its 10,456 variables has 13 times the numbers of most others: minutes a fit."""
NOISE_OF_OTHER_DATA = ("mc_dropout_2018_kin8nm", "mc_dropout_2018_naval")
"""Their noise is fixed, a hundredth of these rows'."""
ONE_NETWORK = ("map", "standard_dropout")
"""They predict by one network. With a released model, whose noise is fixed, its errors are all."""


def tiny(value: Any, model: str) -> Any:
    """The method with small settings, and so the method inside it; MC dropout with large steps."""
    changes: dict[str, Any] = {}
    if isinstance(value, bd.MCDropout):
        changes["learning_rate"] = 0.01
        if isinstance(value.batch_size, int):  # 100 epochs of images have more batches
            changes |= {"batch_size": None, "num_epochs": AT_MOST["num_epochs"]}
        if model == "heteroscedastic":
            changes["masks"] = 10  # with one, training may end in noise alone: docs/cost.md
    at_most = AT_MOST | (LONGER if model.startswith(("horseshoe", "released")) else {})
    if isinstance(value, bd.MCLMC):
        at_most |= {"num_warmup": 2000}  # 20 to a leapfrog tree
    if isinstance(value, bd.SMC):
        at_most |= {"num_particles": 100, "num_runs": 2, "num_mcmc_steps": 2, "target_ess": 0.5}
    if isinstance(value, bd.SVI) and value.guide in ("low_rank", "full_rank"):
        at_most |= NARROW
    for field in dataclasses.fields(value):
        setting = getattr(value, field.name)
        if isinstance(setting, bd.Inference):
            changes[field.name] = tiny(setting, model)
        elif field.name in at_most and isinstance(setting, (int, float)):
            changes.setdefault(field.name, min(setting, at_most[field.name]))
    return dataclasses.replace(value, **changes)


def data() -> tuple[np.ndarray, np.ndarray]:
    """A smooth target in units of its own, with one feature that does not matter."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 3)) * [1.0, 20.0, 0.1]
    return X, 50 + 10 * np.tanh(X[:, 0]) + X[:, 1] / 5 + rng.normal(size=60)


def kind(value: bd.Inference) -> str:
    """What methods that differ in numbers alone have in common."""
    settings = spec.to_dict(value) or {}
    return re.sub(r"-?\d+(\.\d+)?(e-?\d+)?|None", "#", str(settings))


def pairs() -> tuple[list[Any], dict[str, list[str]]]:
    """Those that are fitted, a third of those that can run, and all that can't.

    The first method of a class has a quick fit of the first model it can run, from another one for
    each.
    """
    fits, refusals, quick_classes = [], {}, set()
    models = {name: catalog.load("models", name).value for name in MODELS}
    methods = {name: catalog.load("inference", name).value for name in METHODS}
    kinds = Counter(kind(inference) for inference in methods.values())
    for index, (method, inference) in enumerate(methods.items()):
        every = EVERY * kinds[kind(inference)]
        order = [*MODELS[index % len(MODELS) :], *MODELS[: index % len(MODELS)]]
        runs = [m for m in order if inference.supports(models[m]) is None]
        full_rank = isinstance(inference, bd.SVI) and inference.guide == "full_rank"
        tables = [m for m in runs if m in TABLES and not (full_rank and m == DEEP)]
        chosen = [m for m in tables if (TABLES.index(m) - index) % every == 0] or tables[:1]
        long = hasattr(inference, "num_chains") or isinstance(inference, LONG)
        first = type(inference) not in quick_classes and not long
        if first:
            quick_classes.add(type(inference))
        if refused := [model for model in MODELS if model not in runs]:
            refusals[method] = refused
        for model in chosen:
            quick = model == chosen[0] and first
            fits.append(pytest.param(method, model, marks=() if quick else pytest.mark.slow))
    for model in TABLES:
        for method, inference in methods.items():
            own = {type(methods[fit.values[0]]) for fit in fits if fit.values[1] == model}
            new = type(inference) not in own and inference.supports(models[model]) is None
            if len(own) < KINDS and new:
                fits.append(pytest.param(method, model, marks=pytest.mark.slow))
    return fits, refusals


def literals(arguments: str) -> dict[str, Any] | None:
    """The arguments, if they are all ``name=value`` with a value; not of ``shape`` or ``keep``."""
    try:
        call = ast.parse(f"f({arguments})", mode="eval").body
        assert isinstance(call, ast.Call)
        if call.args:
            return None
        return {str(word.arg): ast.literal_eval(word.value) for word in call.keywords}
    except (SyntaxError, ValueError):
        return None


def alternatives(inference: bd.Inference, model: bd.Model, reason: str) -> dict[str, str | None]:
    """What the reason says to do instead, and why that does not help (``None``: it does).

    Another method, another likelihood or a model of the catalog for this method, settings of this
    method, or a program that an environment variable names.
    """
    found: dict[str, str | None] = {}
    for name, _, arguments in re.findall(r"bd\.([A-Z]\w*)(\(([^()]*)\))?", reason):
        part, given = getattr(bd, name), literals(arguments)
        if given is None or not isinstance(part, type):
            continue  # a sketch of a prior, such as bd.ARD(bd.noise.Bernoulli(keep))
        if issubclass(part, bd.Inference):
            found[f"bd.{name}({arguments})"] = part(**given).supports(model)
        elif issubclass(part, bd.likelihood.Likelihood):
            other = dataclasses.replace(model, likelihood=part(**given))
            found[f"bd.{name}({arguments})"] = inference.supports(other)
    for name in re.findall(r"catalog's (\w+)", reason):
        found[name] = inference.supports(catalog.load("models", name).value)
    settings = dict(re.findall(r'\b(\w+)="(\w+)"', re.sub(r"bd\.\w+\([^()]*\)", "", reason)))
    if settings:
        own = inference if hasattr(inference, next(iter(settings))) else inference.inference  # type: ignore
        found[str(settings)] = dataclasses.replace(own, **settings).supports(model)
    for name in re.findall(r"set ([A-Z_]+) to", reason):
        assert name in os.environ
        found[name] = inference.supports(model)
    return found


FITS, REFUSALS = pairs()


@pytest.mark.parametrize("model", TABLES)
def test_every_model_has_several_kinds_of_methods(model: str) -> None:
    methods = [
        catalog.load("inference", fit.values[0]).value for fit in FITS if model in fit.values
    ]
    assert len({type(method) for method in methods}) >= KINDS


@pytest.mark.parametrize("method", REFUSALS)
def test_it_says_why_not_and_what_can(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for model in REFUSALS[method]:
        chosen = catalog.load("models", model).value
        inference = tiny(catalog.load("inference", method).value, model)
        reason = inference.supports(chosen)
        assert reason is not None
        with monkeypatch.context() as patch:
            patch.setenv(bde.ENVIRONMENT_VARIABLE, sys.executable)
            instead = alternatives(inference, chosen, reason)
        assert instead, f"on {model} it names nothing that can be done instead: {reason}"
        assert {text: why for text, why in instead.items() if why} == {}, (model, reason)
        with pytest.raises(bd.UnsupportedModelError, match="can't run this model"):
            bd.fit(chosen, *data(), inference, progress=False)


_net, _masks = bd.MLP((3,)), bd.ARD(bd.noise.Bernoulli(0.9))
_learned_scale = bd.Gaussian(bd.noise.HalfNormal(bd.Learned(1.0)))
_rates = {"inference.learning_rate": (0.01,)}
MORE_MODELS = {
    "binary": bd.Model(_net, likelihood=bd.Bernoulli()),
    "classes": bd.Model(_net, likelihood=bd.Categorical(3)),
    "counts": bd.Model(_net, likelihood=bd.Poisson()),
    "varied_counts": bd.Model(_net, likelihood=bd.NegativeBinomial()),
    "heavy_tails": bd.Model(_net, likelihood=bd.StudentT()),
    "variable_scale": bd.Model(_net, likelihood=bd.HeteroscedasticGaussian()),
    "known_scale": bd.Model(_net, likelihood=bd.Gaussian(0.4)),
    "wide_scale": bd.Model(_net, likelihood=bd.Gaussian(bd.noise.HalfCauchy(1.0))),
    "silu": bd.Model(bd.MLP((3,), "silu")),
    "masks_with_a_prior": bd.Model(_net, bd.ARD(bd.noise.Bernoulli(bd.noise.Beta(2.0, 2.0)))),
    "masks_of_weights": bd.Model(_net, bd.DropConnect(bd.noise.Bernoulli(0.9))),
    "rayleigh_weights": bd.Model(_net, bd.DropConnect(bd.noise.Rayleigh(0.9))),
    "horseshoe_layers": bd.Model(bd.ResNet(3, 2), bd.ADD(bd.noise.HalfCauchy(0.9))),
    "mean_zero": bd.Model(_net, bd.ARD(bd.noise.Gaussian(0.9))),
    "learned_heavy_tails": bd.Model(_net, bd.ARD(bd.noise.HalfCauchy(bd.Learned(1.0)))),
    "learned_mean_zero": bd.Model(_net, bd.ARD(bd.noise.Gaussian(bd.Learned(0.9)))),
    "learned_mean_one": bd.Model(_net, bd.ARD(bd.noise.Gaussian(bd.Learned(0.5), 1.0))),
    "learned_masks": bd.Model(_net, bd.ARD(bd.noise.Bernoulli(bd.Learned(0.9)))),
    "learned_noise_of_ones_own": bd.Model(_net, bd.ARD(Exponential(bd.Learned(1.0)))),
    "learned_noise_scale": bd.Model(_net, likelihood=_learned_scale),
    "learned_noise_scale_of_masks": bd.Model(_net, _masks, _learned_scale),
    "learned_last": bd.Model(
        bd.ResNet(3, 2), bd.ARDADD(bd.noise.Rayleigh(1.0), bd.noise.HalfCauchy(bd.Learned(1.0)))
    ),
    "masks_and_heavy_tails": bd.Model(
        bd.ResNet(3, 2), bd.ARDADD(bd.noise.Bernoulli(0.9), bd.noise.HalfCauchy(1.0))
    ),
    "masks_of_known_scale": bd.Model(_net, _masks, bd.Gaussian(0.4)),
    "masks_of_classes": bd.Model(_net, _masks, bd.Categorical(3)),
    "scales_of_counts": bd.Model(_net, bd.ARD(bd.noise.Rayleigh(bd.Learned(1.0))), bd.Poisson()),
    "pole_without_information": bd.Model(_net, bd.ARD(bd.noise.Beta(0.5, 2.0)), UninformedNoise()),
    "scale_of_a_scale": bd.Model(
        _net, likelihood=bd.Gaussian(bd.noise.HalfNormal(bd.noise.HalfNormal(1.0)))
    ),
    "huge_scales": bd.Model(_net, likelihood=bd.Gaussian(bd.noise.Uniform(1e3, 1e4))),
    "hardly_a_scale": bd.Model(_net, likelihood=bd.Gaussian(1e-30)),
}
_tau: dict[str, Any] = {"precision": "weight_decay", "weight_decay": 0.1, "length_scale": 0.1}
_rerun: dict[str, Any] = {"weight_decay": "gal_2018", "precision": 2.0, "length_scale": 0.1}
OTHER_SETTINGS = {
    "nuts_hierarchical": bd.NUTS(form="hierarchical"),
    "stein_hierarchical": bd.SteinVI(form="hierarchical"),
    "svi_hierarchical": bd.SVI(form="hierarchical"),
    "svi_dropout_hierarchical": bd.SVI("dropout", form="hierarchical"),
    "svi_structured_marginal": bd.SVI("structured", form="marginal"),
    "map_marginal": bd.MAP(form="marginal"),
    "laplace_torch": bd.Laplace(backend="laplace-torch"),
    "dropout_of_precision": bd.MCDropout(precision=2.0, precision_units="target"),
    "dropout_of_decay": bd.MCDropout(**_tau),
    "dropout_gal": bd.MCDropout(weight_decay="gal"),
    "dropout_gal_2018": bd.MCDropout(**_rerun, precision_units="target"),
    "search_of_rmse": bd.GridSearch(bd.SVI(), _rates, score="rmse"),
    "stack": bd.Stacking({"svi": bd.SVI(), "dropout": bd.MCDropout()}),
    "search_of_keep": bd.GridSearch(bd.MCDropout(), {"model.prior.unit.keep": (0.9,)}),
}
"""Settings that no method of the catalog has."""


@pytest.mark.parametrize("model", MORE_MODELS.values(), ids=MORE_MODELS)
def test_every_refusal_of_other_models_says_what_can(
    model: bd.Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = 0
    shipped = {method: catalog.load("inference", method).value for method in METHODS}
    for method, inference in (shipped | OTHER_SETTINGS).items():
        monkeypatch.delenv(bde.ENVIRONMENT_VARIABLE, raising=False)
        if reason := inference.supports(model):
            refused += 1
            monkeypatch.setenv(bde.ENVIRONMENT_VARIABLE, sys.executable)
            instead = alternatives(inference, model, reason)
            assert instead, f"{method} names nothing that can be done instead: {reason}"
            assert {text: why for text, why in instead.items() if why} == {}, (method, reason)
    assert refused > 0


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
    too_sure = method in ONE_NETWORK and model.startswith("released")
    if not (method in NOISE_OF_OTHER_DATA or too_sure):
        assert scores["nll"] < constant + 0.5
    assert (pred.std > 0).all()

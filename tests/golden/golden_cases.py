"""The cases whose numbers are kept: every method, form and program, on few rows.

Samplers are chaotic and processors round differently, so every fit is a few steps long. Such a fit
says nothing about a posterior: it says whether the same computation was made.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import bayesdrop as bd

Array = NDArray[np.float64]

CANNOT_RUN = {
    "BDE": "it runs in the Python of another environment, which the tests do not have",
}
"""Exported classes without a case. ``Laplace(backend="laplace-torch")`` has none either, as the
tests do not install that library."""

_SLOW = {
    "chees",
    "chees_hierarchical",
    "deep_ensemble",
    "deep_ensemble_marginal",
    "em_averaged",
    "em_half_cauchy",
    "em_log_uniform",
    "gibbs_hmc",
    "gibbs_hmc_other_noises",
    "grid_search_map",
    "hmc",
    "hmc_hierarchical_vectorized",
    "laplace_all_linearized",
    "laplace_all_sampled",
    "laplace_last_layer_linearized",
    "laplace_last_layer_sampled",
    "map",
    "map_batch",
    "map_marginal",
    "map_marginal_large",
    "mclmc_untuned",
    "mclmc_adjusted",
    "mclmc_adjusted_hierarchical",
    "mclmc_untuned_hierarchical",
    "nuts",
    "nuts_enumerate",
    "nuts_gibbs",
    "nuts_hierarchical",
    "nuts_marginal",
    "nuts_marginal_large",
    "nuts_student",
    "nuts_trained_linear",
    "nuts_uncentred_dense",
    "sghmc",
    "sghmc_batch",
    "sghmc_hierarchical",
    "sghmc_hierarchical_batch",
    "smc",
    "smc_hierarchical",
    "smc_marginal",
    "stein_delta",
    "stein_hierarchical",
    "stein_mean_field",
    "svi_batch",
    "svi_bernoulli",
    "svi_categorical",
    "svi_dropout",
    "svi_flow",
    "svi_full_rank",
    "svi_hierarchical",
    "svi_learned",
    "svi_low_rank",
    "svi_marginal",
    "svi_mean_field",
    "svi_structured",
}
N_FEATURES = 2


@dataclass(frozen=True)
class Case:
    """One fit, or several together, of a tiny model.

    Attributes
    ----------
    name
        What :file:`golden.json` calls it.
    model, inference
        What is fitted, and how.
    outputs
        Columns of the target; ``None`` for a target that is a vector.
    seeds
        One per fit. Every fit has rows of its own.
    rows
        How many. From 20 on a sampler's start is stopped early by some of them.
    """

    name: str
    model: bd.Model
    inference: bd.Inference
    outputs: int | None = None
    seeds: tuple[int, ...] = (1,)
    rows: int = 12

    @property
    def method(self) -> str:
        """The name of the method's class."""
        return type(self.inference).__name__

    @property
    def slow(self) -> bool:
        """Whether it compiles for long, and another case of its class is quick."""
        return self.name in _SLOW

    def data(self) -> list[tuple[Array, Array]]:
        """The rows of every fit."""
        return [_rows(self, seed) for seed in self.seeds]

    def fits(self) -> list[bd.Posterior]:
        """The fit of every seed; several are made by one call."""
        return bd.fit_many(self.model, self.data(), self.inference, self.seeds, progress=False)


def new_rows() -> Array:
    """Three rows to predict: two among the training rows and one beyond them."""
    return np.array([[0.3, -6.0], [-0.8, 12.0], [2.5, 30.0]])


def _rows(case: Case, seed: int) -> tuple[Array, Array]:
    outputs = case.outputs
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(case.rows, N_FEATURES)) * [1.0, 10.0]
    signal = np.tanh(X[:, :1]) + X[:, 1:] / 20 + 0.3 * rng.normal(size=(case.rows, outputs or 1))
    match case.model.likelihood:
        case bd.Poisson():
            y = np.round(np.exp(0.5 + 0.5 * signal))
        case bd.Bernoulli():
            y = (signal > 0).astype(np.float64)
        case bd.Categorical():
            y = np.digitize(signal, [-0.5, 0.5]).astype(np.float64)
        case _:
            y = 4 + 3 * signal
    return X, (y if outputs else y[:, 0])


_NAKAGAMI = bd.noise.InverseNakagami(3.0, 3.0)
_RESNET, _MLP = bd.ResNet(3, 2), bd.MLP((2,), "tanh")
_FIXED = bd.Gaussian(0.5)

ARD_ADD = bd.Model(_RESNET, bd.ARDADD(_NAKAGAMI, _NAKAGAMI))
ARD = bd.Model(_MLP, bd.ARD(_NAKAGAMI))
LINEAR = bd.Model(bd.MLP(()), bd.ARD(_NAKAGAMI))
LINEAR_PLAIN = bd.Model(bd.MLP(()), likelihood=_FIXED)
LINEAR_HALF_NORMAL = bd.Model(bd.MLP(()), bd.ARD(bd.noise.HalfNormal(1.0)), _FIXED)
LINEAR_HORSESHOE = bd.Model(bd.MLP(()), bd.ARD(bd.noise.HalfCauchy(1.0)), _FIXED)
PLAIN = bd.Model(_MLP)
RELU = bd.Model(bd.MLP((3,)))
DROPOUT = bd.Model(_MLP, bd.ARD(bd.noise.Bernoulli(0.7)))
CONCRETE = bd.Model(_MLP, bd.ARD(bd.noise.Bernoulli(bd.Learned(0.8))))
BETA_DROPOUT = bd.Model(_MLP, bd.ARD(bd.noise.Bernoulli(bd.noise.Beta(2.0, 2.0))))
HORSESHOE = bd.Model(_MLP, bd.ARD(bd.noise.HalfCauchy(1.0)))
RAYLEIGH = bd.Model(bd.MLP(()), bd.DropConnect(bd.noise.Rayleigh(0.8)))
CAUCHY_RAYLEIGH = bd.Model(
    bd.MLP(()), bd.ScaleMixture(bd.noise.HalfCauchy(1.0), weight=bd.noise.Rayleigh(0.8))
)
LEARNED = bd.Model(_MLP, bd.ARD(bd.noise.HalfNormal(bd.Learned(1.0))))
LOG_UNIFORM = bd.Model(_MLP, bd.ARD(bd.noise.LogUniform(0.1, 2.0)))
MEAN_ONE = bd.Model(_RESNET, bd.ARDADD(bd.noise.Gaussian(0.5, mean=1.0), _NAKAGAMI), _FIXED)


def under(likelihood: Any, model: bd.Model = ARD_ADD) -> bd.Model:
    """The model with another likelihood."""
    return bd.Model(model.network, model.prior, likelihood)


_STUDENT = bd.StudentT(bd.noise.Uniform(3.0, 9.0))
_CHAINS: dict[str, Any] = {"num_samples": 3, "num_chains": 2}
_TREE = _CHAINS | {"num_warmup": 3, "max_tree_depth": 3}
_STEPS = _CHAINS | {"num_warmup": 3, "num_steps": 4}
_MCLMC = _CHAINS | {"num_warmup": 100, "steps_per_draw": 3, "training_steps": 5}
_ADJUSTED = _MCLMC | {"adjusted": True, "steps_per_proposal": 10.0}
"""Ten proposals of warm-up leave the step size small; what more of them find is chaotic."""
_CHEES = _CHAINS | {"num_warmup": 4, "max_num_steps": 6, "training_steps": 5}
_SGHMC = _CHAINS | {"num_warmup": 4, "steps_per_draw": 2, "training_steps": 5}
_SMC: dict[str, Any] = {"num_particles": 6, "num_runs": 2, "target_ess": 0.2}
_SMC |= {"num_mcmc_steps": 1, "num_integration_steps": 2}
_SVI: dict[str, Any] = {"num_steps": 5, "num_samples": 4}
_EM: dict[str, Any] = {"num_epochs": 3, "batch_size": 5, "num_samples": 4}
_MODE: dict[str, Any] = {"num_steps": 5}
_DROPOUT: dict[str, Any] = {"num_epochs": 3, "batch_size": 5, "num_passes": 6}


def _untuned(method: bd.MCLMC) -> bd.MCLMC:
    """The method with a warm-up of one step, fewer than it allows: no part of its tuning has one.

    The step size follows from energy errors, the first of which are rounding: after two steps no
    digit of it is the same on another processor.
    """
    object.__setattr__(method, "num_warmup", 1)
    return method


def _cases() -> Iterator[Case]:
    hierarchical: dict[str, Any] = {"form": "hierarchical"}
    yield Case("nuts", ARD_ADD, bd.NUTS(**_TREE))
    yield Case("nuts_hierarchical", ARD, bd.NUTS(**_TREE, **hierarchical))
    dense = bd.NUTS(**_TREE, centring=None, dense_mass=True)
    yield Case("nuts_uncentred_dense", HORSESHOE, dense)
    trained = bd.NUTS(**_TREE, init_strategy="trained")
    yield Case("nuts_trained_linear", LINEAR, trained)
    yield Case("nuts_student", under(_STUDENT, RAYLEIGH), bd.NUTS(**_TREE), outputs=2)
    yield Case("nuts_enumerate", DROPOUT, bd.NUTS(**_TREE, discrete="enumerate"))
    yield Case("nuts_gibbs", BETA_DROPOUT, bd.NUTS(**_TREE, discrete="gibbs"))
    yield Case("hmc", under(bd.Poisson(), ARD), bd.HMC(**_STEPS))
    vectorized = bd.HMC(**_STEPS, **hierarchical, chain_method="vectorized")
    yield Case("hmc_hierarchical_vectorized", ARD, vectorized)
    yield Case("gibbs_hmc", ARD, bd.GibbsHMC(**_TREE))
    yield Case("gibbs_hmc_other_noises", CAUCHY_RAYLEIGH, bd.GibbsHMC(**_TREE))
    yield Case("mclmc_untuned", ARD, _untuned(bd.MCLMC(**_MCLMC)))
    yield Case("mclmc_untuned_hierarchical", ARD, _untuned(bd.MCLMC(**_MCLMC, **hierarchical)))
    yield Case("mclmc_adjusted", LINEAR, bd.MCLMC(**_ADJUSTED))
    uncentred = bd.MCLMC(**_ADJUSTED, **hierarchical, centring=None)
    yield Case("mclmc_adjusted_hierarchical", LINEAR, uncentred)
    yield Case("chees", ARD, bd.ChEES(**_CHEES))
    yield Case("chees_hierarchical", ARD, bd.ChEES(**_CHEES, **hierarchical))
    yield Case("sghmc", ARD_ADD, bd.SGHMC(**_SGHMC, batch_size=None))
    yield Case("sghmc_batch", ARD, bd.SGHMC(**_SGHMC, batch_size=5))
    yield Case("sghmc_hierarchical", ARD, bd.SGHMC(**_SGHMC, **hierarchical, batch_size=None))
    yield Case("smc", ARD, bd.SMC(**_SMC))
    yield Case("sghmc_hierarchical_batch", ARD, bd.SGHMC(**_SGHMC, **hierarchical, batch_size=5))
    yield from _linear(hierarchical)
    yield from _variational(hierarchical)
    yield from _points()
    yield from _dropout()
    yield from _functions()
    yield from _forms(hierarchical)
    precision = {"inference.precision": (1.0, 4.0)}
    dropout = bd.MCDropout(**_DROPOUT, precision=1.0)
    yield Case("grid_search_mc_dropout", ARD_ADD, bd.GridSearch(dropout, precision, 0.25))
    members = {"map": (PLAIN, bd.MAP(**_MODE)), "dropout": dropout}
    yield Case("stacking", ARD_ADD, bd.Stacking(members, 0.25, num_draws=40))
    rates = {"model.prior.base_scale": (0.5, 1.0), "inference.learning_rate": (0.01, 0.1)}
    yield Case(
        "grid_search_map",
        PLAIN,
        bd.GridSearch(bd.MAP(**_MODE), rates, 0.25, validation_rows="random", score="crps"),
    )


def _linear(hierarchical: dict[str, Any]) -> Iterator[Case]:
    """What compiles for longest, on the models that compile soonest."""
    yield Case("nuts_linear", LINEAR_HALF_NORMAL, bd.NUTS(**_TREE))
    low_rank = bd.NUTS(**_TREE | {"num_warmup": 20}, low_rank=True)
    yield Case("nuts_low_rank", LINEAR_HALF_NORMAL, low_rank)
    yield Case("hmc_linear", LINEAR_PLAIN, bd.HMC(**_STEPS))
    yield Case("gibbs_hmc_linear", LINEAR_HORSESHOE, bd.GibbsHMC(**_TREE))
    yield Case("mclmc_adjusted_linear", LINEAR_PLAIN, bd.MCLMC(**_ADJUSTED), rows=24)
    yield Case("chees_linear", LINEAR_PLAIN, bd.ChEES(**_CHEES), rows=24)
    yield Case("sghmc_linear", LINEAR_PLAIN, bd.SGHMC(**_SGHMC, batch_size=None))
    yield Case("smc_linear", LINEAR_PLAIN, bd.SMC(**_SMC | {"target_ess": 0.1}))
    yield Case("svi_linear", LINEAR_HALF_NORMAL, bd.SVI(**_SVI, **hierarchical))
    stein: dict[str, Any] = {"num_particles": 2, "num_steps": 4, "num_samples": 4}
    yield Case("stein_linear", LINEAR_PLAIN, bd.SteinVI("mean_field", **stein))


def _variational(hierarchical: dict[str, Any]) -> Iterator[Case]:
    for backend in ("numpyro", "pyro"):
        program: dict[str, Any] = _SVI | {"backend": backend}
        name = "svi" if backend == "numpyro" else "svi_pyro"
        for guide in ("mean_field", "low_rank", "full_rank", "flow", "structured"):
            model = ARD_ADD if guide == "mean_field" else ARD
            yield Case(f"{name}_{guide}", model, bd.SVI(guide, **program))
        yield Case(f"{name}_dropout", PLAIN, bd.SVI("dropout", **program))
        yield Case(f"{name}_hierarchical", ARD, bd.SVI(**program, **hierarchical))
        yield Case(f"{name}_batch", under(_STUDENT, ARD), bd.SVI(**program, batch_size=5))
        yield Case(f"{name}_bernoulli", DROPOUT, bd.SVI(**program, num_particles=2))
        yield Case(f"{name}_learned", LEARNED, bd.SVI(**program))
        yield Case(f"{name}_categorical", under(bd.Categorical(3), PLAIN), bd.SVI(**program))
    yield Case("em", ARD_ADD, bd.VariationalEM(**_EM))
    yield Case("em_averaged", ARD, bd.VariationalEM(**_EM, kl="averaged"))
    yield Case("em_half_cauchy", HORSESHOE, bd.VariationalEM(**_EM), outputs=2)
    yield Case("em_log_uniform", LOG_UNIFORM, bd.VariationalEM(**_EM))
    stein: dict[str, Any] = {"num_particles": 2, "num_steps": 4, "num_samples": 4}
    yield Case("stein_delta", ARD_ADD, bd.SteinVI("delta", **stein))
    yield Case("stein_mean_field", ARD, bd.SteinVI("mean_field", **stein))


def _points() -> Iterator[Case]:
    yield Case("map", ARD_ADD, bd.MAP(**_MODE))
    yield Case("map_batch", under(bd.Bernoulli()), bd.MAP(**_MODE, batch_size=5))
    yield Case("map_marginal", ARD, bd.MAP(**_MODE, form="marginal"))
    yield Case("map_two_outputs", PLAIN, bd.MAP(**_MODE, held_out=0.0), outputs=2)
    yield Case("map_trained", PLAIN, bd.MAP(num_steps=60, held_out=0.0))  # sees Adam's memory
    yield Case("deep_ensemble", ARD, bd.DeepEnsemble(**_MODE, num_members=2))
    yield Case(
        "deep_ensemble_heteroscedastic",
        under(bd.HeteroscedasticGaussian(), PLAIN),
        bd.DeepEnsemble(**_MODE, num_members=3, batch_size=5),
    )
    for subset in ("all", "last_layer"):
        for predictive in ("linearized", "sampled"):
            method = bd.Laplace(**_MODE, subset=subset, predictive=predictive, num_samples=6)
            model = ARD_ADD if predictive == "linearized" else ARD
            yield Case(f"laplace_{subset}_{predictive}", model, method)
    yield Case(
        "laplace_categorical", under(bd.Categorical(3), PLAIN), bd.Laplace(**_MODE, num_samples=6)
    )


def _dropout() -> Iterator[Case]:
    settings: dict[str, dict[str, Any]] = {
        "plain": {},
        "masks": {"masks": 3},
        "tail_adaptive": {"masks": 3, "weighting": "tail-adaptive"},
        "shared": {"mask_sharing": "shared"},
        "precision": {"precision": 2.0, "precision_units": "target", "batch_size": None},
        "weight_decay": {"weight_decay": 0.01},
        "gal": {"weight_decay": "gal", "length_scale": 0.5},
    }
    for name, changes in settings.items():
        yield Case(f"mc_dropout_{name}", ARD_ADD, bd.MCDropout(**_DROPOUT | changes))
    by_decay = {"weight_decay": 0.01, "precision": "weight_decay", "length_scale": 0.5}
    yield Case("mc_dropout_gal_2016", DROPOUT, bd.MCDropout(**_DROPOUT | by_decay))
    rerun = {"weight_decay": "gal_2018", "precision": 2.0, "length_scale": 0.5}
    yield Case("mc_dropout_gal_2018", DROPOUT, bd.MCDropout(**_DROPOUT | rerun))
    yield Case("mc_dropout_concrete", CONCRETE, bd.MCDropout(**_DROPOUT, weight_decay="gal"))
    yield Case("mc_dropout_poisson", under(bd.Poisson()), bd.MCDropout(**_DROPOUT))
    yield Case("mc_dropout_mean_one", MEAN_ONE, bd.MCDropout(**_DROPOUT), outputs=2)
    yield Case("mc_dropout_together", ARD_ADD, bd.MCDropout(**_DROPOUT), seeds=(1, 2, 3))


def _functions() -> Iterator[Case]:
    yield Case("pbp", RELU, bd.PBP(num_epochs=1, num_samples=4))
    yield Case("gp_rbf", PLAIN, bd.GP("rbf", num_restarts=0, num_samples=4))
    yield Case("gp_matern52", under(_FIXED, PLAIN), bd.GP("matern52", 0, num_samples=4), outputs=2)
    yield Case("nngp", RELU, bd.NNGP(num_samples=8, num_scales=4))
    yield Case("nngp_erf", bd.Model(bd.ResNet(3, 2, "erf")), bd.NNGP(8, 4), outputs=2)
    deep: dict[str, Any] = {"num_units": 2, "num_inducing": 4, "num_steps": 3, "num_samples": 4}
    yield Case("deep_gp", PLAIN, bd.DeepGP(**deep))
    yield Case("deep_gp_batch", PLAIN, bd.DeepGP(**deep, batch_size=5), outputs=2)
    yield Case("catboost", PLAIN, bd.CatBoost(iterations=10, folds=2))
    ensembles = bd.CatBoost(iterations=20, uncertainty="virtual_ensembles", members=3)
    yield Case("catboost_virtual_ensembles", PLAIN, ensembles)
    trees = bd.HistGradientBoosting(max_iter=5, min_samples_leaf=2, folds=2)
    yield Case("hist_gradient_boosting", PLAIN, trees)


def _forms(hierarchical: dict[str, Any]) -> Iterator[Case]:
    """Forms in which no case above has that method; in marginal ones a noise is integrated out."""
    marginal: dict[str, Any] = {"form": "marginal"}
    large: dict[str, Any] = {"form": "marginal_large"}
    yield Case("nuts_marginal", LINEAR, bd.NUTS(**_TREE, **marginal))
    yield Case("nuts_marginal_large", CAUCHY_RAYLEIGH, bd.NUTS(**_TREE, **large))
    yield Case("smc_hierarchical", LINEAR, bd.SMC(**_SMC, **hierarchical))
    yield Case("smc_marginal", LINEAR, bd.SMC(**_SMC, **marginal))
    yield Case("svi_marginal", LINEAR, bd.SVI(**_SVI, **marginal))
    stein: dict[str, Any] = {"num_particles": 2, "num_steps": 4, "num_samples": 4}
    yield Case("stein_hierarchical", LINEAR, bd.SteinVI("delta", **stein, **hierarchical))
    yield Case("map_marginal_large", ARD_ADD, bd.MAP(**_MODE, **large))
    ensemble = bd.DeepEnsemble(**_MODE, num_members=2, **marginal)
    yield Case("deep_ensemble_marginal", ARD, ensemble)


CASES: dict[str, Case] = {case.name: case for case in _cases()}

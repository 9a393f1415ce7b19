"""bayesdrop: multiplicative noise as a scale-mixture prior; one model, any inference.

Importing it imports neither PyTorch nor JAX: each method imports what it needs when it runs.
``Regressor`` and ``Classifier`` import scikit-learn when they are first asked for.
"""

from typing import TYPE_CHECKING, Any

from bayesdrop import metrics, noise, show
from bayesdrop.benchmark.run_suite import run_suite
from bayesdrop.bound import BoundModel
from bayesdrop.calibration import Calibration, sbc
from bayesdrop.data import Dataset, Split, load_dataset
from bayesdrop.data.data_file import DataFile
from bayesdrop.data.training import TrainingData
from bayesdrop.family import Family
from bayesdrop.fit import fit, fit_many
from bayesdrop.groups import Groups
from bayesdrop.infer import (
    BDE,
    GP,
    HMC,
    MAP,
    MCLMC,
    NNGP,
    NUTS,
    PBP,
    SGHMC,
    SMC,
    SVI,
    CatBoost,
    ChEES,
    Converged,
    DeepEnsemble,
    DeepGP,
    GibbsHMC,
    GridSearch,
    HistGradientBoosting,
    Inference,
    Laplace,
    MCDropout,
    Stacking,
    SteinVI,
    UnsupportedModelError,
    VariationalEM,
)
from bayesdrop.infer.engine.caches import clear_caches
from bayesdrop.infer.engine.start import trained_start
from bayesdrop.infer.tuning.mc_dropout_2018 import mc_dropout_2018
from bayesdrop.likelihood import (
    Bernoulli,
    Categorical,
    Gaussian,
    HeteroscedasticGaussian,
    Likelihood,
    NegativeBinomial,
    Poisson,
    StudentT,
)
from bayesdrop.metrics import evaluate
from bayesdrop.model import Model, Site, sites
from bayesdrop.network import MLP, ConvNet, ConvResNet, Layer, Network, Recurrent, ResNet
from bayesdrop.noise import Learned, Noise
from bayesdrop.posterior.comparing.comparison import compare
from bayesdrop.posterior.comparing.stacking import Stack, stack
from bayesdrop.posterior.diagnosis.diagnostics import Diagnostics
from bayesdrop.posterior.loading import load
from bayesdrop.posterior.posterior import Posterior
from bayesdrop.posterior.prediction.predictive import Predictive
from bayesdrop.posterior.results.fit import Fit
from bayesdrop.posterior.results.function_draws import FunctionDraws, Predictor
from bayesdrop.posterior.results.stochastic_passes import StochasticPasses
from bayesdrop.posterior.results.weight_draws import WeightDraws
from bayesdrop.prior import ADD, ARD, ARDADD, DropConnect, PerLayer, ScaleMixture
from bayesdrop.programs import jax_density, log_joint, numpyro_model, pyro_model, torch_module
from bayesdrop.progress import Progress
from bayesdrop.references.distance import Distance, distance
from bayesdrop.references.library import reference
from bayesdrop.references.problem import ReferenceProblem
from bayesdrop.references.reference import Reference
from bayesdrop.references.suite import ReferenceSuite
from bayesdrop.suite import Suite
from bayesdrop.version import __version__

if TYPE_CHECKING:
    from bayesdrop.estimators import Classifier, Regressor

__all__ = [
    "ADD",
    "ARD",
    "ARDADD",
    "BDE",
    "GP",
    "HMC",
    "MAP",
    "MCLMC",
    "MLP",
    "NNGP",
    "NUTS",
    "PBP",
    "SGHMC",
    "SMC",
    "SVI",
    "Bernoulli",
    "BoundModel",
    "Calibration",
    "CatBoost",
    "Categorical",
    "ChEES",
    "Classifier",
    "ConvNet",
    "ConvResNet",
    "Converged",
    "DataFile",
    "Dataset",
    "DeepEnsemble",
    "DeepGP",
    "Diagnostics",
    "Distance",
    "DropConnect",
    "Family",
    "Fit",
    "FunctionDraws",
    "Gaussian",
    "GibbsHMC",
    "GridSearch",
    "Groups",
    "HeteroscedasticGaussian",
    "HistGradientBoosting",
    "Inference",
    "Laplace",
    "Layer",
    "Learned",
    "Likelihood",
    "MCDropout",
    "Model",
    "NegativeBinomial",
    "Network",
    "Noise",
    "PerLayer",
    "Poisson",
    "Posterior",
    "Predictive",
    "Predictor",
    "Progress",
    "Recurrent",
    "Reference",
    "ReferenceProblem",
    "ReferenceSuite",
    "Regressor",
    "ResNet",
    "ScaleMixture",
    "Site",
    "Split",
    "Stack",
    "Stacking",
    "SteinVI",
    "StochasticPasses",
    "StudentT",
    "Suite",
    "TrainingData",
    "UnsupportedModelError",
    "VariationalEM",
    "WeightDraws",
    "__version__",
    "clear_caches",
    "compare",
    "distance",
    "evaluate",
    "fit",
    "fit_many",
    "jax_density",
    "load",
    "load_dataset",
    "log_joint",
    "mc_dropout_2018",
    "metrics",
    "noise",
    "numpyro_model",
    "pyro_model",
    "reference",
    "run_suite",
    "sbc",
    "show",
    "sites",
    "stack",
    "torch_module",
    "trained_start",
]


def __getattr__(name: str) -> Any:
    if name in ("Classifier", "Regressor"):
        from bayesdrop import estimators

        return vars(estimators)[name]
    raise AttributeError(f"module 'bayesdrop' has no attribute {name!r}")

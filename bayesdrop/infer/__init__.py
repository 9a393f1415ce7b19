"""Inference methods: frozen settings and, in the same file, the algorithm they configure."""

from bayesdrop.infer.base import Inference, UnsupportedModelError
from bayesdrop.infer.bde import BDE
from bayesdrop.infer.catboost import CatBoost
from bayesdrop.infer.chees import ChEES
from bayesdrop.infer.deep_ensemble import DeepEnsemble
from bayesdrop.infer.deep_gp import DeepGP
from bayesdrop.infer.em import VariationalEM
from bayesdrop.infer.gibbs_hmc import GibbsHMC
from bayesdrop.infer.gp import GP
from bayesdrop.infer.grid_search import GridSearch
from bayesdrop.infer.hist_gradient_boosting import HistGradientBoosting
from bayesdrop.infer.hmc import HMC, NUTS
from bayesdrop.infer.laplace import Laplace
from bayesdrop.infer.map import MAP
from bayesdrop.infer.mc_dropout import MCDropout
from bayesdrop.infer.mclmc import MCLMC
from bayesdrop.infer.nngp import NNGP
from bayesdrop.infer.pbp import PBP
from bayesdrop.infer.sghmc import SGHMC
from bayesdrop.infer.stein import SteinVI
from bayesdrop.infer.svi import SVI

__all__ = [
    "BDE",
    "GP",
    "HMC",
    "MAP",
    "MCLMC",
    "NNGP",
    "NUTS",
    "PBP",
    "SGHMC",
    "SVI",
    "CatBoost",
    "ChEES",
    "DeepEnsemble",
    "DeepGP",
    "GibbsHMC",
    "GridSearch",
    "HistGradientBoosting",
    "Inference",
    "Laplace",
    "MCDropout",
    "SteinVI",
    "UnsupportedModelError",
    "VariationalEM",
]

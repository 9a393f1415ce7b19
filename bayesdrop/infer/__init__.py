"""Inference methods: frozen settings, and the algorithms they configure; see ``README.md``."""

from bayesdrop.infer.base import Inference, UnsupportedModelError
from bayesdrop.infer.dropout.settings import MCDropout
from bayesdrop.infer.function_space.deep_gp.settings import DeepGP
from bayesdrop.infer.function_space.gp import GP
from bayesdrop.infer.function_space.nngp.settings import NNGP
from bayesdrop.infer.mcmc.chees.settings import ChEES
from bayesdrop.infer.mcmc.gibbs_hmc.settings import GibbsHMC
from bayesdrop.infer.mcmc.hmc.settings import HMC, NUTS
from bayesdrop.infer.mcmc.mclmc.settings import MCLMC
from bayesdrop.infer.mcmc.sghmc.settings import SGHMC
from bayesdrop.infer.mcmc.smc.settings import SMC
from bayesdrop.infer.mcmc.stop import Converged
from bayesdrop.infer.peers.bde.settings import BDE
from bayesdrop.infer.peers.catboost import CatBoost
from bayesdrop.infer.peers.hist_gradient_boosting import HistGradientBoosting
from bayesdrop.infer.peers.pbp.settings import PBP
from bayesdrop.infer.point.deep_ensemble import DeepEnsemble
from bayesdrop.infer.point.laplace.settings import Laplace
from bayesdrop.infer.point.map import MAP
from bayesdrop.infer.tuning.grid_search.settings import GridSearch
from bayesdrop.infer.tuning.stacking.settings import Stacking
from bayesdrop.infer.vi.em.settings import VariationalEM
from bayesdrop.infer.vi.stein.settings import SteinVI
from bayesdrop.infer.vi.svi.settings import SVI

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
    "SMC",
    "SVI",
    "CatBoost",
    "ChEES",
    "Converged",
    "DeepEnsemble",
    "DeepGP",
    "GibbsHMC",
    "GridSearch",
    "HistGradientBoosting",
    "Inference",
    "Laplace",
    "MCDropout",
    "Stacking",
    "SteinVI",
    "UnsupportedModelError",
    "VariationalEM",
]

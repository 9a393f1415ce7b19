"""Inference methods: frozen settings and, in the same file, the algorithm they configure."""

from bayesdrop.infer.base import Inference, UnsupportedModelError
from bayesdrop.infer.em import VariationalEM
from bayesdrop.infer.hmc import HMC, NUTS
from bayesdrop.infer.mc_dropout import MCDropout
from bayesdrop.infer.svi import SVI

__all__ = ["HMC", "NUTS", "SVI", "Inference", "MCDropout", "UnsupportedModelError", "VariationalEM"]

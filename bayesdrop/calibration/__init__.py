"""Simulation-based calibration: whether a method draws from the posterior that it says it does."""

from bayesdrop.calibration.ranks import Calibration
from bayesdrop.calibration.sbc import sbc

__all__ = ["Calibration", "sbc"]

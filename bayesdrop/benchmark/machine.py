"""What a record says of the machine and of the packages that ran its cell."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from typing import Any

import bayesdrop

_PACKAGES = (
    "numpy",
    "scipy",
    "jax",
    "jaxlib",
    "numpyro",
    "blackjax",
    "optax",
    "torch",
    "pyro-ppl",
    "gpytorch",
    "arviz",
    "scikit-learn",
    "catboost",
)


def versions() -> dict[str, str]:
    """Of bayesdrop, of Python and of the packages that are installed."""
    found = {"bayesdrop": bayesdrop.__version__, "python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def machine() -> dict[str, Any]:
    """Operating system, architecture, number of processors."""
    return {
        "system": platform.system(),
        "machine": platform.machine(),
        "processors": os.cpu_count(),
    }

"""The version of bayesdrop, and of what it runs on, for the files that it writes."""

from __future__ import annotations

import platform

__version__ = "0.2.0"

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
    """Return the versions of bayesdrop, of Python and of the installed packages it uses."""
    import importlib.metadata

    found = {"bayesdrop": __version__, "python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found

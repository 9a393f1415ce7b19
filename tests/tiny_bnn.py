"""A Bayesian neural network small enough for a long reference run, and how far draws are from it.

``reference/tiny_bnn.json`` holds the posterior means and variances of f(x) at :func:`points`, with
their Monte Carlo standard errors, frozen by ``reference/make.py``. A method that draws from the
exact posterior agrees with it within a few combined standard errors.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import arviz
import numpy as np
import xarray as xr
from numpy.typing import NDArray

import bayesdrop as bd

REFERENCE = Path(__file__).parent / "reference" / "tiny_bnn.json"

Array = NDArray[np.float64]


def model(rate: float = 3.0) -> bd.Model:
    """One hidden layer of five units, a Student-t prior of its rows, a learned noise scale."""
    return bd.Model(
        bd.MLP(hidden=(5,), activation="tanh"), bd.ARD(bd.noise.InverseNakagami(3.0, rate))
    )


def data() -> tuple[Array, Array]:
    """60 rows of three features, of which the third says nothing, and the target."""
    rng = np.random.default_rng(20190610)
    X = rng.normal(size=(60, 3))
    y = np.sin(1.5 * X[:, 0]) + 0.5 * X[:, 1] + 0.6 * rng.normal(size=60)
    return X, y


def points() -> Array:
    """20 points at which f is compared, some of them beyond the data."""
    return 1.5 * np.random.default_rng(20190611).normal(size=(20, 3))


def identity() -> str:
    """SHA-256 of the model, the data and the points: what a reference is the reference of."""
    arrays = [np.round(a, 9).tolist() for a in (*data(), points())]
    return hashlib.sha256(json.dumps([model().digest, arrays]).encode()).hexdigest()


@dataclass(frozen=True)
class Moments:
    """Mean and variance of f at the points with their Monte Carlo standard errors.

    ``ess`` is the smaller effective sample size of the two estimates at each point.
    """

    mean: Array
    mean_error: Array
    variance: Array
    variance_error: Array
    ess: Array

    @classmethod
    def of(cls, posterior: bd.Posterior, thin: int = 1) -> Moments:
        """The moments of a fit, from every ``thin``-th draw of each chain."""
        f = function_draws(posterior)[:, ::thin]
        square = (f - f.mean((0, 1))) ** 2
        sizes = [_over_draws(arviz.ess, series, method="mean") for series in (f, square)]
        errors = [_over_draws(arviz.mcse, series, method="mean") for series in (f, square)]
        return cls(f.mean((0, 1)), errors[0], square.mean((0, 1)), errors[1], np.minimum(*sizes))

    @classmethod
    def of_reference(cls) -> Moments:
        """The frozen ones.

        Raises
        ------
        ValueError
            They are of another model, other data or other points.
        """
        frozen = json.loads(REFERENCE.read_text())
        if frozen["identity"] != identity():
            raise ValueError(f"{REFERENCE.name} is of other data: run tests/reference/make.py")
        return cls(**{field: np.array(values) for field, values in frozen["moments"].items()})

    def z_scores(self, other: Moments) -> Array:
        """Differences of means, then of variances, in combined standard errors: (2, points)."""
        mean = (self.mean - other.mean) / np.hypot(self.mean_error, other.mean_error)
        error = np.hypot(self.variance_error, other.variance_error)
        return np.stack([mean, (self.variance - other.variance) / error])


def function_draws(posterior: bd.Posterior) -> Array:
    """f at the points, (chain, draw, point), in original units."""
    predictive = posterior.predict(points())
    f = predictive.likelihood.family.location(predictive.parameters)
    return f.reshape(posterior.num_chains, -1, len(points())).astype(np.float64)


def rhat(f: Array) -> Array:
    """Rank-normalised split R-hat at each point."""
    return _over_draws(arviz.rhat, f)


def _over_draws(function: Any, draws: Array, **options: Any) -> Array:
    series = xr.Dataset({"x": (("chain", "draw", "element"), draws)})
    return function(series, **options)["x"].to_numpy()

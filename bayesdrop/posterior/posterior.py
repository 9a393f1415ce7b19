"""The posterior: what a method found, and the predictions it makes, in NumPy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bayesdrop.data.checks import check_columns, checked_feature_names, checked_inputs
from bayesdrop.data.standardization import Standardization
from bayesdrop.data.training import TrainingData
from bayesdrop.family import Parameters
from bayesdrop.model import Model, Site, sites
from bayesdrop.noise import Noise
from bayesdrop.posterior.passes import passes
from bayesdrop.posterior.predictive import Predictive
from bayesdrop.posterior.result import Fit
from bayesdrop.spec import Spec

if TYPE_CHECKING:
    import pandas as pd

    from bayesdrop.posterior.diagnostics import Diagnostics


@dataclass(frozen=True, eq=False, repr=False)
class Posterior:
    """A fitted model: predictions, draws, diagnostics, ArviZ, saving.

    Attributes
    ----------
    model, inference, seed
        What was fitted, how, and from which seed.
    X, y
        The training rows in original units, (rows, features) and (rows,) or (rows, outputs).
    scaling
        Standardisation learned from them.
    result
        The method's own result.
    feature_names
        One name per column of ``X``; ``x0``, ``x1``, … unless they were given.
    """

    model: Model
    inference: Spec
    seed: int
    X: NDArray[np.float64]
    y: NDArray[np.float64]
    scaling: Standardization
    result: Fit
    feature_names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        names = checked_feature_names(self.feature_names or None, self.X, self.X.shape[1])
        object.__setattr__(self, "feature_names", names)

    def __repr__(self) -> str:
        size = f"{self.result.stochastic_passes} stochastic passes"
        if self.result.state:
            size = "a distribution over functions"
        elif self.result.stochastic_passes is None:
            chains, draws = next(iter(self.result.values.values())).shape[:2]
            size = f"{chains} × {draws} draws"
        return f"Posterior({size} by {self.inference}, seed {self.seed}, of {self.model})"

    @property
    def training_data(self) -> TrainingData:
        """The training rows as the method saw them, standardised."""
        target = self.y.reshape(len(self.y), -1)
        return TrainingData.of(self.X, target, self.model.likelihood.standardises_target)

    @property
    def sites(self) -> tuple[Site, ...]:
        """The random variables of the model in the form that was fitted."""
        n_outputs = 1 if self.y.ndim == 1 else self.y.shape[1]
        return sites(self.model, self.X.shape[1], n_outputs, self.result.form)

    @property
    def method(self) -> Spec:
        """The method that made the fit: ``inference``, or of a grid search the one it chose."""
        return self.result.inference or self.inference

    @property
    def draws(self) -> dict[str, NDArray] | None:
        """Site name → (chain, draw, *shape); ``None`` if the method has no draws of every site."""
        values = self.result.values
        complete = values and all(site.name in values for site in self.sites)
        return values if complete else None

    @property
    def learned(self) -> dict[str, float]:
        """Name → value of every noise parameter that the model says is ``Learned``."""
        return self.result.learned

    def fitted_prior(self, site: Site) -> Noise:
        """The prior of a scale that is not in the draws, with the parameters that were fitted."""
        values = self.result.values
        points = {
            name: float(values[name].flat[0]) for _, name in site.parameters if name in values
        }
        return site.bound_prior(self.learned | points)

    @property
    def num_chains(self) -> int:
        """Number of chains; 1 for methods without."""
        return 1 if self.result.state else next(iter(self.result.values.values())).shape[0]

    @overload
    def predict(
        self, X: ArrayLike, seed: int = 0, return_std: Literal[False] = False
    ) -> Predictive: ...

    @overload
    def predict(
        self, X: ArrayLike, seed: int = 0, *, return_std: Literal[True]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]: ...

    def predict(
        self, X: ArrayLike, seed: int = 0, return_std: bool = False
    ) -> Predictive | tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The predictive distribution at ``X`` (rows, features), in original units.

        ``seed`` matters only where passes are stochastic (MC dropout), or functions are drawn (GP).
        With ``return_std=True`` its mean and standard deviation alone, two arrays of (rows,) or
        (rows, outputs), as scikit-learn's regressors give them.

        Raises
        ------
        ValueError
            ``X`` has another number of features than the training rows, or NaN or infinity, or is
            a data frame with some of the training columns alone, or with all in another order.
        """
        check_columns(X, self.feature_names)
        rows = checked_inputs(X, n_features=self.X.shape[1])
        standardised = self.scaling.inputs(rows)
        rng = np.random.default_rng(seed)
        chunks = [self._rescaled(found) for found in self._standardised(standardised, rng)]
        parameters = {name: np.concatenate([chunk[name] for chunk in chunks]) for name in chunks[0]}
        stochastic = self.result.stochastic_passes is not None
        found = Predictive(
            likelihood=self.model.likelihood,
            parameters=parameters,
            n_chains=1 if stochastic else self.num_chains,
            one_output=self.y.ndim == 1,
        )
        return (found.mean, found.std) if return_std else found

    def _rescaled(self, parameters: Parameters) -> dict[str, NDArray[np.floating]]:
        """The likelihood's parameters in original units."""
        shift, scale = self.scaling.y_shift, self.scaling.y_scale
        found = self.model.likelihood.family.rescaled(parameters, shift, scale)
        dtype = self.scaling.target_precision
        return {name: np.asarray(value, dtype=dtype) for name, value in found.items()}

    def _standardised(
        self, X: NDArray[np.float32], rng: np.random.Generator
    ) -> Iterator[Parameters]:
        """The likelihood's parameters at standardised ``X``, in chunks of draws."""
        if self.result.state:
            method: Any = self.method
            yield method.parameters(self, X, rng)
            return
        drawn = [s for s in self.sites if s.role == "scale" and s.name not in self.result.values]
        priors = {site: self.fitted_prior(site) for site in drawn}
        yield from passes(self.model, self.sites, self.result, priors, X, rng)

    def diagnose(self, X: ArrayLike | None = None) -> Diagnostics:
        """R-hat and ESS of f(x) at the rows ``X`` (default: the training rows), and divergences."""
        from bayesdrop.posterior.diagnostics import diagnose

        return diagnose(self, self.X if X is None else X)

    def feature_relevance(self, interval: float = 0.9) -> pd.DataFrame:
        """How much each feature matters to the first weight matrix, the most relevant first.

        One row per feature, indexed by its name. ``scale_mean``, ``scale_low`` and ``scale_high``
        are the posterior mean and the central ``interval`` of |λ|, the feature's own noise; for
        Bernoulli noise the mean is the probability that the feature is included. ``weight_rms``
        is the posterior mean of the root-mean-square of the weights that leave the feature, noise
        multiplied in, on the standardised scale. Rows are sorted by ``scale_mean``.

        Where the features have no noise of their own, or the method does not infer it (MC dropout
        draws it from its prior), only ``weight_rms`` is there, and sorts.

        Raises
        ------
        ValueError
            ``interval`` is not between 0 and 1, or the method (a GP) has no weights.
        """
        from bayesdrop.posterior.relevance import feature_relevance

        return feature_relevance(self, interval)

    def to_arviz(self, log_likelihood: bool = False) -> Any:
        """The fit as ArviZ's own object: ``InferenceData`` (ArviZ 0.x) or a ``DataTree`` (1.x).

        ``log_likelihood=True`` adds the pointwise log-likelihood (chain, draw, rows), which
        LOO needs and which can be large.
        """
        from bayesdrop.posterior.arviz import to_arviz

        return to_arviz(self, log_likelihood)

    def save(self, path: str | Path) -> None:
        """Write the fit to one netCDF file, atomically; :func:`bayesdrop.load` reads it back."""
        from bayesdrop.posterior.storage import save

        save(self, path)

"""The posterior: what a method found, and the predictions it makes, in NumPy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bayesdrop.checks import check_column_order, checked_feature_names, checked_inputs
from bayesdrop.family import Parameters
from bayesdrop.forward import forward
from bayesdrop.model import Form, Model, Site, sites
from bayesdrop.noise import Noise
from bayesdrop.predictive import Predictive
from bayesdrop.scaling import Standardization
from bayesdrop.spec import Spec
from bayesdrop.training import TrainingData

if TYPE_CHECKING:
    import pandas as pd

    from bayesdrop.diagnostics import Diagnostics

_CHUNK_BYTES = 2**26


@dataclass(frozen=True, eq=False, repr=False)
class Fit:
    """What an inference method returns, on the standardised scale.

    Attributes
    ----------
    values
        Site name → array (chain, draw, *shape) in the site's support. A scale that is absent is
        not part of what was fitted: each stochastic pass draws it from its prior, as in dropout.
        Empty if the method has a distribution over functions and none over weights.
    form
        The form whose sites these are.
    stochastic_passes, masks
        Where scales are absent: how many passes a prediction makes, and whether each row
        (``"row"``) or each pass (``"shared"``) has a noise of its own.
    learned
        Name → value of every parameter that the model says is ``Learned``.
    sample_stats
        ArviZ name → array (chain, draw), from samplers.
    losses
        The objective over training, (steps,) or thinned; empty for samplers.
    seconds
        Wall time: ``{"compile": ..., "run": ...}``.
    info
        Further JSON-able facts: device, number of compilations, gradients taken.
    state
        What a method without ``values`` predicts from: name → array.
    model
        The model that was fitted, where the method chose it; ``None``: the one it was given.
    """

    values: dict[str, NDArray]
    form: Form = "expanded"
    stochastic_passes: int | None = None
    masks: Literal["row", "shared"] = "row"
    learned: dict[str, float] = field(default_factory=dict)
    sample_stats: dict[str, NDArray] = field(default_factory=dict)
    losses: NDArray = field(default_factory=lambda: np.empty(0))
    seconds: dict[str, float] = field(default_factory=dict)
    info: dict[str, Any] = field(default_factory=dict)
    state: dict[str, NDArray] = field(default_factory=dict)
    model: Model | None = None


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
    def sites(self) -> tuple[Site, ...]:
        """The random variables of the model in the form that was fitted."""
        n_outputs = 1 if self.y.ndim == 1 else self.y.shape[1]
        return sites(self.model, self.X.shape[1], n_outputs, self.result.form)

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

    def predict(self, X: ArrayLike, seed: int = 0) -> Predictive:
        """The predictive distribution at ``X`` (rows, features), in original units.

        ``seed`` matters only where passes are stochastic (MC dropout), or functions are drawn (GP).

        Raises
        ------
        ValueError
            ``X`` has another number of features than the training rows, or NaN or infinity, or is
            a data frame with the training columns in another order.
        """
        check_column_order(X, self.feature_names)
        rows = checked_inputs(X, n_features=self.X.shape[1])
        standardised = self.scaling.inputs(rows)
        rng = np.random.default_rng(seed)
        of_chunk = self._of_functions if self.result.state else self._of_weights
        chunks = [self._rescaled(found) for found in of_chunk(standardised, rng)]
        parameters = {name: np.concatenate([chunk[name] for chunk in chunks]) for name in chunks[0]}
        stochastic = self.result.stochastic_passes is not None
        return Predictive(
            likelihood=self.model.likelihood,
            parameters=parameters,
            n_chains=1 if stochastic else self.num_chains,
            one_output=self.y.ndim == 1,
        )

    def _rescaled(self, parameters: Parameters) -> dict[str, NDArray[np.floating]]:
        """The likelihood's parameters in original units."""
        shift, scale = self.scaling.y_shift, self.scaling.y_scale
        found = self.model.likelihood.family.rescaled(parameters, shift, scale)
        dtype = self.scaling.target_precision
        return {name: np.asarray(value, dtype=dtype) for name, value in found.items()}

    def _of_functions(
        self, X: NDArray[np.float32], rng: np.random.Generator
    ) -> Iterator[Parameters]:
        """The likelihood's parameters from the method's own distribution over functions."""
        data = TrainingData.of(
            self.X, self.y.reshape(len(self.y), -1), self.model.likelihood.standardises_target
        )
        method: Any = self.inference
        yield method.parameters(self.model, self.result.state, data, X, rng)

    def _of_weights(self, X: NDArray[np.float32], rng: np.random.Generator) -> Iterator[Parameters]:
        """The likelihood's parameters, in chunks of draws that bound the memory."""
        table = self.sites
        flat = {name: _flatten_chains(value) for name, value in self.result.values.items()}
        n_values = next(iter(flat.values())).shape[0]
        n_draws = self.result.stochastic_passes or n_values
        noise = [s for s in table if s.role == "scale" and s.name not in flat]
        step = max(1, _CHUNK_BYTES // _bytes_per_draw(table, len(X), noise, self.result.masks))
        priors = {site: self.fitted_prior(site) for site in noise}
        rngs = rng.spawn(len(noise))  # one for each, so that chunking does not change what is drawn
        for start in range(0, n_draws, step):
            index = np.arange(start, min(start + step, n_draws)) % n_values
            values = {name: value[index] for name, value in flat.items()}
            masks = _draw_noise(priors, len(index), len(X), self.result.masks, rngs)
            yield forward(self.model, table, values, X, masks)

    def diagnose(self, X: ArrayLike | None = None) -> Diagnostics:
        """R-hat and ESS of f(x) at the rows ``X`` (default: the training rows), and divergences."""
        from bayesdrop.diagnostics import diagnose

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
        from bayesdrop.relevance import feature_relevance

        return feature_relevance(self, interval)

    def to_arviz(self, log_likelihood: bool = False) -> Any:
        """The fit as ArviZ's own object: ``InferenceData`` (ArviZ 0.x) or a ``DataTree`` (1.x).

        ``log_likelihood=True`` adds the pointwise log-likelihood (chain, draw, rows), which
        LOO needs and which can be large.
        """
        from bayesdrop.arviz import to_arviz

        return to_arviz(self, log_likelihood)

    def save(self, path: str | Path) -> None:
        """Write the fit to one netCDF file, atomically; :func:`bayesdrop.load` reads it back."""
        from bayesdrop.storage import save

        save(self, path)


def _flatten_chains(value: NDArray) -> NDArray[np.float32]:
    return value.reshape(-1, *value.shape[2:]).astype(np.float32, copy=False)


def _bytes_per_draw(table: tuple[Site, ...], rows: int, noise: list[Site], masks: str) -> int:
    widest = max(max(site.shape, default=1) for site in table)
    masked = sum(int(np.prod(site.shape)) for site in noise)
    return 4 * (3 * rows * widest + 2 * masked * (rows if masks == "row" else 1))


def _draw_noise(
    priors: dict[Site, Noise], passes: int, rows: int, masks: str, rngs: list[np.random.Generator]
) -> Mapping[str, NDArray[np.float32]]:
    rows = rows if masks == "row" else 1
    return {
        site.name: prior.draw(rng, (passes, rows, *site.shape)).astype(np.float32)
        for (site, prior), rng in zip(priors.items(), rngs, strict=True)
    }

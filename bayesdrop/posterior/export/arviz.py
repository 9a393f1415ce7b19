"""A fit as ArviZ's own object, for ArviZ 0.23 and 1.x alike: one ``xarray.DataTree``."""

from __future__ import annotations

import numbers
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bayesdrop.data.target import made_names
from bayesdrop.family import Parameters
from bayesdrop.posterior.export.by_draw import Reading, by_draw
from bayesdrop.posterior.export.named_axes import axes_of_sites
from bayesdrop.posterior.export.prior_draws import prior_draws
from bayesdrop.posterior.results.fit import Fit
from bayesdrop.posterior.results.function_draws import FunctionDraws
from bayesdrop.posterior.results.weight_draws import WeightDraws
from bayesdrop.quiet import ignored
from bayesdrop.version import __version__

if TYPE_CHECKING:
    import xarray as xr

    from bayesdrop.posterior.posterior import Posterior

Variables = dict[str, tuple[tuple[str, ...], NDArray]]
"""Name → the names of its axes, and its values."""

_CHAINS = ("chain", "draw")


def import_arviz() -> Any:
    """ArviZ, without 0.23's announcement of 1.x on import."""
    with ignored(FutureWarning, r"\s*ArviZ is undergoing"):
        import arviz

    return arviz


def is_first_arviz() -> bool:
    """It is true of ArviZ 0.23, and false of 1.x."""
    return import_arviz().__version__.startswith("0.")


def arviz_object(tree: xr.DataTree) -> Any:
    """What ArviZ's functions take: an ``InferenceData`` of ArviZ 0.x, or the tree itself of 1.x."""
    return import_arviz().from_datatree(tree) if is_first_arviz() else tree


def to_arviz(
    posterior: Posterior,
    log_likelihood: bool = False,
    posterior_predictive: bool = False,
    f_at: ArrayLike | None = None,
    prior: int = 0,
) -> Any:
    """See :meth:`bayesdrop.Posterior.to_arviz`."""
    return arviz_object(to_datatree(posterior, log_likelihood, posterior_predictive, f_at, prior))


def to_datatree(
    posterior: Posterior,
    log_likelihood: bool = False,
    posterior_predictive: bool = False,
    f_at: ArrayLike | None = None,
    prior: int = 0,
) -> xr.DataTree:
    """The groups of :meth:`bayesdrop.Posterior.to_arviz`, for every version of ArviZ."""
    import xarray as xr

    before = _from_prior(posterior, prior) if _checked(prior) else None
    points = None if f_at is None else posterior.inputs(f_at)
    training = posterior.training
    observed = training.target
    if posterior.model.likelihood.family.kind != "continuous":
        observed = observed.astype(np.int64)
    groups: dict[str, Variables] = {
        "posterior": _sites(posterior),
        "sample_stats": {name: (_CHAINS, v) for name, v in posterior.sample_stats.items()},
        "observed_data": {"y": (_target_axes(posterior, "row"), observed)},
        "constant_data": {"X": (_input_axes(posterior, "row"), training.X_original)},
    }
    asked = {"posterior_predictive": posterior_predictive, "log_likelihood": log_likelihood}
    groups |= at_training_rows(posterior, tuple(name for name in asked if asked[name]))
    if before is not None:
        groups["prior"] = _sites(before)
        sampled = at_training_rows(before, ("posterior_predictive",))
        groups["prior_predictive"] = sampled["posterior_predictive"]
    if points is not None:
        X = training.scaling.original_inputs(points)
        groups["predictions_constant_data"] = {"X": (_input_axes(posterior, "point"), X)}
        groups["posterior"] |= _f(posterior, points)
        if before is not None:
            groups["prior"] |= _f(before, points)
    attributes = {"inference_library": "bayesdrop", "inference_library_version": __version__}
    return xr.DataTree.from_dict(
        {
            name: _named(xr.Dataset(variables, attrs=attributes), posterior)
            for name, variables in groups.items()
            if variables
        }
    )


def _checked(prior: Any) -> int:
    if isinstance(prior, bool) or not isinstance(prior, numbers.Integral) or prior < 0:
        raise ValueError(f"prior={prior!r}: give how many draws of the prior to make, from 0")
    return int(prior)


def _from_prior(posterior: Posterior, draws: int) -> Posterior:
    """The posterior's model with draws of its prior, in place of what was fitted."""
    if isinstance(posterior.result, FunctionDraws):
        raise ValueError(
            f"prior={draws} asks for draws of the model's weights, and a fit by "
            f"{type(posterior.method).__name__} has a distribution over functions: leave it out"
        )
    rng, learned = np.random.default_rng(posterior.seed), posterior.learned
    drawn = prior_draws(posterior.bound, draws, rng, learned)
    values = {name: value.astype(np.float32)[None] for name, value in drawn.items()}
    return replace(posterior, fit=Fit(WeightDraws(values, learned=learned)))


def _sites(posterior: Posterior) -> Variables:
    """The draws of every site; none where the fit has none."""
    classes = posterior.classes
    axes = axes_of_sites(posterior.bound, None if classes is None else len(classes))
    return {n: ((*_CHAINS, *axes[n]), v) for n, v in (posterior.draws or {}).items()}


def at_training_rows(posterior: Posterior, asked: tuple[str, ...]) -> dict[str, Variables]:
    """``y`` of the groups that were asked for, at the training rows."""
    training, family = posterior.training, posterior.model.likelihood.family
    rng = np.random.default_rng(posterior.seed)

    def log_prob(parameters: Parameters) -> NDArray:
        precise = {name: value.astype(np.float64) for name, value in parameters.items()}
        return family.log_prob(precise, training.y_original)

    known: dict[str, Reading] = {
        "posterior_predictive": lambda parameters: family.sample(parameters, rng),
        "log_likelihood": log_prob,
    }
    readings = {name: known[name] for name in asked}
    found = by_draw(posterior, training.X_standardised, readings, training.exposure)
    axes = _target_axes(posterior, "row")
    return {name: {"y": ((*_CHAINS, *axes), value)} for name, value in found.items()}


def _f(posterior: Posterior, points: NDArray[np.float32]) -> Variables:
    family = posterior.model.likelihood.family
    value = by_draw(posterior, points, {"f": family.location})["f"]
    axes = (*_CHAINS, *_target_axes(posterior, "point"))
    return {"f": ((*axes, *("class",) * (value.ndim - len(axes))), value)}


def _target_axes(posterior: Posterior, rows: str) -> tuple[str, ...]:
    return (rows,) if posterior.training.one_output else (rows, "output")


def _input_axes(posterior: Posterior, rows: str) -> tuple[str, ...]:
    """The axes of a table are (rows, feature); sequences and images have places between them."""
    places = len(posterior.bound.input_shape) - 1
    return (rows, *(f"place_{axis}" for axis in range(places)), "feature")


def _named(dataset: xr.Dataset, posterior: Posterior) -> xr.Dataset:
    """Give each axis a coordinate: names of features and outputs, labels of classes, or numbers.

    A group with the target has the labels even if no axis is of classes: ``y`` is their numbers.
    """
    names = {dim: np.arange(size) for dim, size in dataset.sizes.items()}
    if "feature" in names:
        names["feature"] = np.array(posterior.feature_names)
    own = posterior.target
    if "output" in names and own is not None and own.names != made_names(len(own.names)):
        names["output"] = np.array(own.names)
    if posterior.classes is not None and ("class" in names or "y" in dataset):
        names["class"] = posterior.classes
    return dataset.assign_coords(names)

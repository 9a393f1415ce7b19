"""Checks of the numbers of a saved fit against the model that they are said to be of."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bayesdrop.noise.support import BOUNDS
from bayesdrop.posterior.results.fit import Fit, Result
from bayesdrop.posterior.results.function_draws import FunctionDraws
from bayesdrop.posterior.results.stochastic_passes import StochasticPasses
from bayesdrop.sites import Site

_TRAINING = {"X", "y", "losses", "x_shift", "x_scale", "y_shift", "y_scale"}
_ROW_TERMS = {"exposure", "sample_weight"}

Arrays = Mapping[str, NDArray[Any]]


def check_training(arrays: Arrays) -> None:
    """Raise a ``ValueError`` unless these are training rows, with a scaling that can be undone."""
    if missing := _TRAINING - arrays.keys():
        raise ValueError(f"lacks training/{min(missing)}")
    X, y = arrays["X"], arrays["y"]
    if X.ndim < 2 or y.ndim not in (1, 2) or len(X) != len(y) or not len(X):
        raise ValueError(f"has training rows of shapes {X.shape} and {y.shape}, which do not fit")
    for name in _TRAINING:
        _check_numbers(f"training/{name}", arrays[name])
    for name in _TRAINING - {"losses", "x_scale"}:
        _check_finite(f"training/{name}", arrays[name])
    _check_finite("the last of training/losses", arrays["losses"][-1:])
    if np.isnan(arrays["x_scale"]).any():  # infinite for a column that is left out
        raise ValueError("has NaN in training/x_scale")
    for name in _ROW_TERMS & arrays.keys():
        _check_shape(f"training/{name}", arrays[name], (len(X),))
        _check_finite(f"training/{name}", arrays[name])
        if np.any(arrays[name] <= 0):
            raise ValueError(f"has training/{name} that is not positive")
    outputs = y.shape[1] if y.ndim == 2 else 1
    for name, columns in (("x", X.shape[-1]), ("y", outputs)):
        for part in (f"{name}_shift", f"{name}_scale"):
            _check_shape(f"training/{part}", arrays[part], (columns,))
        if np.any(arrays[f"{name}_scale"] <= 0):
            raise ValueError(f"has training/{name}_scale that is not positive")


def check_result(result: Result, sites: Collection[Site], integrated: Collection[Site]) -> None:
    """Raise a ``ValueError`` unless the values are of the model's sites, and in their supports.

    ``integrated`` are sites that may be there too: the scales of the marginal form. What a
    predictor of :class:`bayesdrop.FunctionDraws` keeps is its own business, and has the checksum
    alone.
    """
    if isinstance(result, FunctionDraws):
        return
    values = result.values
    known = {site.name: site for site in (*integrated, *sites)}
    wanted = {site.name for site in sites}
    leading: tuple[int, ...] = ()
    if isinstance(result, StochasticPasses):
        wanted -= {site.name for site in sites if site.role == "scale"}
    elif values:
        leading = next(iter(values.values())).shape[:2]
    if missing := wanted - values.keys():
        raise ValueError(f"lacks values/{min(missing)}, a variable of its model")
    if strangers := values.keys() - known.keys():
        raise ValueError(f"has values/{min(strangers)}, and its model no such variable")
    for name, value in values.items():
        _check_numbers(f"values/{name}", value)
        _check_shape(f"values/{name}", value, (*leading, *known[name].shape))
        _check_finite(f"values/{name}", value)
        _check_support(known[name], value)
    if leading and 0 in leading:
        raise ValueError("has no draws")
    for name, value in (result.sample_stats or {}).items():
        _check_shape(f"sample_stats/{name}", value, leading)


def check_superchains(fit: Fit) -> None:
    """Raise a ``ValueError`` unless the chains, with those left out, make up the superchains."""
    chains, count = fit.result.num_chains, fit.info.get("num_superchains")
    if chains is None or count is None:
        return
    left_out = fit.left_out
    everyone = chains + len(left_out)
    if everyone % count or not left_out.keys() <= set(range(everyone)):
        raise ValueError(
            f"has {chains} chains, {len(left_out)} more that are left out, and {count} "
            "superchains, which do not fit"
        )


def _check_numbers(name: str, value: NDArray[Any]) -> None:
    if value.dtype.kind not in "biuf" or value.dtype.itemsize > 8:
        raise ValueError(
            f"has {name} of {value.dtype}, and only numbers of at most 64 bits are read"
        )


def _check_shape(name: str, value: NDArray[Any], shape: tuple[int, ...]) -> None:
    if value.shape != shape:
        raise ValueError(f"has {name} of shape {value.shape}, and its model {shape}")


def _check_finite(name: str, value: NDArray[Any]) -> None:
    if bad := int(np.sum(~np.isfinite(value))):
        raise ValueError(f"has {bad} number(s) in {name} that are NaN or infinite")


def _check_support(site: Site, value: NDArray[Any]) -> None:
    """A scale may have been rounded to 0, which takes its weights out; that of noise must not."""
    own = site.support == "interval"
    bounds = site.prior.bounds if own else BOUNDS[site.support]
    low, high = np.array(bounds, dtype=value.dtype if value.dtype.kind == "f" else float)
    positive = site.support == "positive" and site.role == "likelihood"
    if np.any(value < low) or np.any(value > high) or (positive and np.any(value == 0)):
        raise ValueError(
            f"has numbers in values/{site.name} that are not {site.support.replace('_', ' ')}"
        )

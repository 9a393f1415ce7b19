"""A model as a NumPyro program."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpyro
import numpyro.distributions as dist
from jax.scipy.special import logit
from numpy.typing import NDArray
from numpyro.infer.util import log_density

from bayesdrop.bound import BoundModel
from bayesdrop.programs.host_devices import use_host_devices
from bayesdrop.programs.numpyro_family import distribution as family_distribution
from bayesdrop.programs.numpyro_marginal import mixture
from bayesdrop.programs.numpyro_noise import constraint, distribution
from bayesdrop.sharing import along
from bayesdrop.sites import Site

_EDGE = 1e-6  # a relaxed keep probability stays this far from 0 and 1


def build(bound: BoundModel, temperature: float | None = None) -> Callable[..., None]:
    """The program ``program(X, y=None, n_rows=None)``; see :func:`bayesdrop.numpyro_model`.

    With a ``temperature`` boolean sites are relaxed: see :mod:`bayesdrop.infer.vi.relaxation`.
    """
    use_host_devices()
    family = bound.model.likelihood.family

    def program(X: Any, y: Any = None, n_rows: int | None = None) -> None:
        rows = len(X)
        values: dict[str, Any] = {}
        for site in bound.sites:
            if site.integrated is not None:
                values |= _learned(site.integrated, values)
                values[site.name] = numpyro.sample(site.name, mixture(bound, site, values))
                continue
            values |= _learned(site, values)
            values[site.name] = _sample(site, values, temperature)
        parameters, observed, scale = bound.forward(values, X), None, (n_rows or rows) / rows
        if y is not None:
            columns = y.reshape(rows, bound.n_columns)
            parameters, observed, weight = bound.observed(parameters, columns)
            scale = scale if weight is None else scale * weight
            if family.kind == "class":
                observed = observed.astype(int)  # NumPyro looks a class up by its number
        target = family_distribution(family, parameters).to_event(1)
        with numpyro.plate("rows", rows), numpyro.handlers.scale(scale=scale):
            numpyro.sample("y", target, obs=observed)

    return program


def _learned(site: Site, known: Mapping[str, Any]) -> dict[str, Any]:
    """The learned parameters of the site's prior that are not known yet, by name."""
    found = {}
    for field, (name, start) in site.learned.items():
        if name in known:
            continue
        support = constraint(site.prior.parameters[field])
        found[name] = numpyro.param(name, jnp.asarray(start.initial), constraint=support)
    return found


def _sample(site: Site, values: Mapping[str, Any], temperature: float | None) -> Any:
    prior: Any = distribution(site.bound_prior(values))
    if site.support == "boolean" and temperature is not None:
        logits = logit(jnp.clip(prior.probs, _EDGE, 1 - _EDGE))
        logistic = dist.Logistic(logits, 1.0).expand(site.shape).to_event(len(site.shape))
        return jax.nn.sigmoid(numpyro.sample(site.name, logistic) / temperature)
    if site.support == "boolean" and site.shape:
        # NumPyro's discrete samplers find such sites under a plate
        with numpyro.plate_stack(f"{site.name}_plate", list(site.shape)):
            return numpyro.sample(site.name, prior)
    if site.scaled_by:
        scale = site.prior.scale  # type: ignore[attr-defined]
        for name, axes in site.scaled_by:
            scale = scale * abs(along(values[name], axes, len(site.shape)))
        prior = dist.Normal(0.0, scale)
    return numpyro.sample(site.name, prior.expand(site.shape).to_event(len(site.shape)))


def log_joint(bound: BoundModel, values: Mapping[str, NDArray], X: NDArray, y: NDArray) -> float:
    """See :func:`bayesdrop.log_joint`."""
    use_host_devices()
    with jax.enable_x64(True):
        arrays = {name: jnp.asarray(value) for name, value in values.items()}
        data = (jnp.asarray(X), jnp.asarray(y))
        total, _ = log_density(build(bound), data, {}, arrays)
        return float(total)

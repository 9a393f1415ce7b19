"""A model as a Pyro program."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pyro
import pyro.distributions as dist
import torch
from numpy.typing import NDArray

from bayesdrop.bound import BoundModel
from bayesdrop.programs.pyro_family import distribution as family_distribution
from bayesdrop.programs.pyro_marginal import mixture
from bayesdrop.programs.pyro_noise import constraint, distribution
from bayesdrop.sharing import along
from bayesdrop.sites import Site

_EDGE = 1e-6  # a relaxed keep probability stays this far from 0 and 1


def build(bound: BoundModel, temperature: float | None = None) -> Callable[..., None]:
    """The program ``program(X, y=None, n_rows=None)``; see :func:`bayesdrop.pyro_model`.

    With a ``temperature`` boolean sites are relaxed: see :mod:`bayesdrop.infer.vi.relaxation`.
    """
    family = bound.model.likelihood.family

    def program(X: torch.Tensor, y: torch.Tensor | None = None, n_rows: int | None = None) -> None:
        rows = len(X)
        values: dict[str, Any] = {}
        for site in bound.sites:
            if site.integrated is not None:
                values |= _learned(site.integrated, values, X)
                values[site.name] = pyro.sample(site.name, mixture(bound, site, values, X))
                continue
            values |= _learned(site, values, X)
            values[site.name] = _sample(site, values, X, temperature)
        parameters, observed, scale = bound.forward(values, X), None, (n_rows or rows) / rows
        if y is not None:
            columns = y.reshape(rows, bound.n_columns)
            parameters, observed, weight = bound.observed(parameters, columns)
            scale = scale if weight is None else scale * weight
        target = family_distribution(family, parameters).to_event(1)
        with pyro.plate("rows", rows), pyro.poutine.scale(scale=scale):
            pyro.sample("y", target, obs=observed)

    return program


def _learned(site: Site, known: Mapping[str, Any], like: torch.Tensor) -> dict[str, Any]:
    """The learned parameters of the site's prior that are not known yet, by name."""
    found = {}
    for field, (name, start) in site.learned.items():
        if name in known:
            continue
        support = constraint(site.prior.parameters[field])
        found[name] = pyro.param(name, like.new_tensor(start.initial), constraint=support)
    return found


def _sample(
    site: Site, values: Mapping[str, Any], like: torch.Tensor, temperature: float | None
) -> Any:
    prior: Any = distribution(site.bound_prior(values), like)
    if site.support == "boolean" and temperature is not None:
        logits = torch.logit(prior.probs, _EDGE)
        logistic: Any = dist.Logistic(logits, torch.ones_like(logits)).expand(site.shape)
        value: Any = pyro.sample(site.name, logistic.to_event(len(site.shape)))
        return torch.sigmoid(value / temperature)
    if site.scaled_by:
        scale = like.new_full((), site.prior.scale)  # type: ignore[attr-defined]
        for name, axes in site.scaled_by:
            scale = scale * abs(along(values[name], axes, len(site.shape)))
        prior = dist.Normal(torch.zeros_like(scale), scale)
    return pyro.sample(site.name, prior.expand(site.shape).to_event(len(site.shape)))


def log_joint(bound: BoundModel, values: Mapping[str, NDArray], X: NDArray, y: NDArray) -> float:
    """See :func:`bayesdrop.log_joint`."""
    tensors = {name: torch.as_tensor(value) for name, value in values.items()}
    program = pyro.condition(build(bound), data=tensors)
    with pyro.get_param_store().scope():
        learned = {name: tensors[name] for name in bound.model.learned if name in tensors}
        program = pyro.poutine.substitute(program, data=learned)
        trace = pyro.poutine.trace(program).get_trace(torch.as_tensor(X), torch.as_tensor(y))
        total: Any = trace.log_prob_sum()
        return total.item()

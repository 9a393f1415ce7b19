"""MC-dropout networks as tensors with an axis of members first, and the loss of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np
import torch
from torch.distributions import biject_to

from bayesdrop.bound import BoundModel
from bayesdrop.data.training import TrainingData
from bayesdrop.infer.base import Job
from bayesdrop.infer.dropout.tail_adaptive import rank_weights
from bayesdrop.infer.dropout.weight_decay import constant_of, entropies, factors, free_keeps
from bayesdrop.infer.engine.torch_random import seeded
from bayesdrop.likelihood import Gaussian
from bayesdrop.programs.pyro_noise import constraint, distribution
from bayesdrop.programs.torch import NoisyNetwork
from bayesdrop.sites import Site

if TYPE_CHECKING:
    from bayesdrop.infer.dropout.settings import MCDropout

Tensors = dict[str, torch.Tensor]


class Member(NamedTuple):
    """One network of a stack."""

    method: MCDropout
    bound: BoundModel
    data: TrainingData
    seed: int

    @classmethod
    def of(cls, job: Job) -> Member:
        """The job's network, whose method must be MC dropout."""
        return cls(cast("MCDropout", job.inference), job.bound, job.data, job.seed)


@dataclass
class Stack:
    """Members as tensors, their own axis first.

    Attributes
    ----------
    members
        Who they are. They differ in data, seed and numbers alone.
    raw, transforms, fixed
        What is trained, the maps from it to the values of sites, and values that are not trained.
    squared, keeps
        Site → factor of its sum of squares in the loss, (members,), and the learned keep
        probabilities that multiply it.
    entropy
        Learned keep probability → the factor of its masks' entropy.
    constant
        What the loss has beside, (members,).
    """

    members: Sequence[Member]
    X: torch.Tensor
    y: torch.Tensor
    raw: Tensors
    transforms: dict[str, Any]
    fixed: Tensors
    squared: Tensors
    keeps: dict[str, list[str]]
    entropy: dict[str, float]
    constant: torch.Tensor

    @property
    def settings(self) -> MCDropout:
        """The settings that all members share, beside numbers of their own."""
        return self.members[0].method

    @property
    def table(self) -> tuple[Site, ...]:
        """The sites, of which names and shapes are those of every member."""
        return self.members[0].bound.sites

    def values(self) -> Tensors:
        """Name → value of every weight, bias, likelihood site and free parameter."""
        found = {name: self.transforms[name](raw) for name, raw in self.raw.items()}
        return found | self.fixed


def stacked(members: Sequence[Member], device: torch.device) -> Stack:
    """The members at their starting points, which are those of ``bd.torch_module``."""
    first = members[0]
    values = _starts(members, device)
    fixed = {}
    if first.method.precision != "learned":
        del values["noise_scale"]
        scales = [m.method.tau(m.bound.model, m.data) ** -0.5 for m in members]
        fixed["noise_scale"] = torch.as_tensor(np.stack(scales), dtype=torch.float32, device=device)
    transforms = {}
    for site in first.bound.sites:
        if site.name in values:
            transforms[site.name] = biject_to(constraint(site.support, site.prior.bounds))
        for field, (name, _) in site.learned.items():
            transforms[name] = biject_to(constraint(site.prior.parameters[field]))
    decay = first.method.weight_decay
    each = [factors(m.bound, m.data, m.method.weight_decay, m.method.length_scale) for m in members]
    constants = [constant_of(m.bound, m.data, m.method.weight_decay) for m in members]
    X = np.stack([member.data.X_standardised for member in members])
    y = np.stack([member.data.columns for member in members])
    return Stack(
        members,
        X=torch.as_tensor(X, device=device),
        y=torch.as_tensor(y, device=device),
        raw={n: t.inv(values[n]).clone().requires_grad_() for n, t in transforms.items()},
        transforms=transforms,
        fixed=fixed,
        squared={n: torch.tensor([own[n] for own in each], device=device) for n in each[0]},
        keeps=free_keeps(first.bound) if decay == "gal" else {},
        entropy=entropies(first.bound, first.data) if decay == "gal" else {},
        constant=torch.tensor(constants, device=device),
    )


def _starts(members: Sequence[Member], device: torch.device) -> Tensors:
    starts: dict[str, list[torch.Tensor]] = {}
    for member in members:
        with seeded(member.seed):
            values = NoisyNetwork(member.bound).values()
        for name, value in values.items():
            starts.setdefault(name, []).append(value.detach())
    return {name: torch.stack(found).to(device) for name, found in starts.items()}


def loss_of(
    stack: Stack,
    values: Tensors,
    X: torch.Tensor,
    y: torch.Tensor,
    noise: Mapping[str, torch.Tensor],
) -> torch.Tensor:
    """Per member −1/N (log likelihood + log prior), with its weight decay: (members,).

    With K masks ``noise`` has them one after the other along the axis of rows.
    """
    settings, bound, masks = stack.settings, stack.members[0].bound, stack.settings.masks
    if masks > 1:
        X = X.repeat(1, masks, *[1] * (X.ndim - 2))
        y = y.repeat(1, masks, 1)
    parameters, target, weight = bound.observed(bound.forward(values, X, noise), y)
    fit = bound.model.likelihood.family.log_prob(parameters, target).sum(-1)
    if masks > 1:
        each = fit.unflatten(1, (masks, -1))
        adaptive = settings.weighting == "tail-adaptive"
        fit = (rank_weights(each) * each).sum(1) if adaptive else each.mean(1)
    if weight is not None:
        fit = fit * weight[:, : fit.shape[1]]
    tau = 1.0
    if not isinstance(settings.weight_decay, str) and isinstance(bound.model.likelihood, Gaussian):
        tau = parameters["scale"][:, 0].detach().pow(-2).mean(-1)
    return _penalised(stack.constant - fit.mean(-1), stack, values, tau)


def _penalised(
    total: torch.Tensor, stack: Stack, values: Tensors, tau: torch.Tensor | float
) -> torch.Tensor:
    """``total`` plus τ Σ_l r_l ‖W_l‖², the masks' entropy and −1/N log prior of what is no weight.

    Numbers are those of the order in which the terms are added.
    """
    rows = stack.X.shape[1]
    for name, factor in stack.squared.items():
        own = tau * factor
        for keep in stack.keeps.get(name, ()):
            own = own * values[keep]
        total = total + own * values[name].square().flatten(1).sum(1)
    for name, factor in stack.entropy.items():
        keep = values[name]
        total = total + factor * (torch.xlogy(keep, keep) + torch.xlogy(1 - keep, 1 - keep))
    for site in stack.table:
        if site.role in ("likelihood", "parameter"):
            density = _log_density(site, values)
            total = total - density.reshape(len(total), -1).sum(1) / rows
    return total


def _log_density(site: Site, values: Tensors) -> torch.Tensor:
    """The log prior density of a site's value, elementwise."""
    value = values[site.name]
    if not site.parameters:
        return site.prior.log_density(value)
    own = {n: values[n].reshape(-1, *[1] * len(site.shape)) for _, n in site.parameters}
    return distribution(site.bound_prior(own), value).log_prob(value)

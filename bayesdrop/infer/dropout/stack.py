"""MC-dropout networks as tensors with an axis of members first, and the loss of each."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.distributions import biject_to

from bayesdrop.infer.base import Job
from bayesdrop.infer.dropout.weight_decay import factors
from bayesdrop.programs.pyro_noise import constraint
from bayesdrop.programs.torch import NoisyNetwork
from bayesdrop.sites import Site

Tensors = dict[str, torch.Tensor]


@dataclass
class Stack:
    """Members as tensors, their own axis first; ``raw`` is what is trained."""

    jobs: list[Job]
    table: tuple[Site, ...]
    X: torch.Tensor
    y: torch.Tensor
    raw: Tensors
    transforms: dict[str, Any]
    fixed: Tensors
    squared: Tensors
    constant: torch.Tensor

    def values(self) -> Tensors:
        """Name → value of every weight, bias and likelihood site."""
        found = {name: self.transforms[name](raw) for name, raw in self.raw.items()}
        return found | self.fixed


def stacked(jobs: list[Job], device: torch.device) -> Stack:
    """The members at their starting points, which are those of ``bd.torch_module``."""
    settings: Any = jobs[0].inference
    table = jobs[0].bound.sites
    starts: dict[str, list[torch.Tensor]] = {}
    with torch.random.fork_rng():
        for job in jobs:
            torch.manual_seed(job.seed)
            module = NoisyNetwork(job.bound)
            for name, value in module.values().items():
                starts.setdefault(name, []).append(value.detach())
    values = {name: torch.stack(found).to(device) for name, found in starts.items()}
    fixed = {}
    if settings.precision != "learned":
        del values["noise_scale"]
        scales = [job.inference.tau(job.bound.model, job.data) ** -0.5 for job in jobs]  # type: ignore[attr-defined]
        fixed["noise_scale"] = torch.as_tensor(np.stack(scales), dtype=torch.float32, device=device)
    transforms = {
        site.name: biject_to(constraint(site.support, site.prior.bounds))
        for site in table
        if site.name in values
    }
    raw = {n: t.inv(values[n]).clone().requires_grad_() for n, t in transforms.items()}
    squared, constant = _penalties(jobs, device)
    X, y = (
        torch.as_tensor(np.stack(rows), device=device)
        for rows in (
            [job.data.X_standardised for job in jobs],
            [job.data.y_standardised for job in jobs],
        )
    )
    return Stack(jobs, table, X, y, raw, transforms, fixed, squared, constant)


def _penalties(jobs: list[Job], device: torch.device) -> tuple[Tensors, torch.Tensor]:
    """Site → factor of its sum of squares; the penalty's constant: each (members,)."""
    squared: dict[str, list[float]] = {}
    constants = []
    for job in jobs:
        s: Any = job.inference
        table = job.bound.sites
        found = factors(job.bound.model, table, job.data, s.weight_decay, s.length_scale)
        for name, factor in found.items():
            squared.setdefault(name, []).append(factor)
        normal = [x for x in table if x.name in found and s.weight_decay == "map"]
        logs = [math.prod(x.shape) * math.log(x.prior.scale * math.tau**0.5) for x in normal]  # type: ignore[attr-defined]
        constants.append(sum(logs) / job.data.rows)
    tensors = {name: torch.tensor(found, device=device) for name, found in squared.items()}
    return tensors, torch.tensor(constants, device=device)


def loss_of(
    stack: Stack, X: torch.Tensor, y: torch.Tensor, noise: Mapping[str, torch.Tensor]
) -> torch.Tensor:
    """Per member −1/N (log likelihood + log prior), with its weight decay: (members,)."""
    settings: Any = stack.jobs[0].inference
    bound, rows, values = stack.jobs[0].bound, stack.X.shape[1], stack.values()
    model, parameters = bound.model, bound.forward(values, X, noise)
    total = stack.constant - model.likelihood.family.log_prob(parameters, y).sum(-1).mean(-1)
    tau = 1.0
    if not isinstance(settings.weight_decay, str):
        tau = parameters["scale"][:, 0].detach().pow(-2).mean(-1)
    for name, factor in stack.squared.items():
        total = total + tau * factor * values[name].square().flatten(1).sum(1)
    for site in stack.table:
        if site.role == "likelihood":
            total = total - site.prior.log_density(values[site.name]).flatten(1).sum(1) / rows
    return total

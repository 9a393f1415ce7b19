"""Many MC-dropout fits as one program: networks stacked along a first axis, in PyTorch.

Weights are (members, fan_in, fan_out), inputs (members, rows, features); every member has its own
rows, minibatches, noise and penalty. Adam works element by element, so a member is trained as if
it were alone. What is random is drawn by a generator of the member's own, in an order that depends
on nothing but its seed: its result does not depend on who else is there, up to the rounding of
batched matrix products. A step costs one forward and backward pass of all members. On a CPU they
are taken a few at a time, so that their activations stay in a core's cache, one thread each.
"""

from __future__ import annotations

import itertools
import math
import threading
import time
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.distributions import biject_to

from bayesdrop.forward import network_output
from bayesdrop.infer.base import Job
from bayesdrop.infer.progress import Progress, task
from bayesdrop.infer.torch_threads import one_thread
from bayesdrop.infer.weight_decay import factors
from bayesdrop.model import Site, sites
from bayesdrop.posterior import Fit
from bayesdrop.programs import torch_module
from bayesdrop.programs.pyro_noise import constraint

_TOGETHER = 40  # members per program on a CPU

Tensors = dict[str, torch.Tensor]


def run_stacked(jobs: Sequence[Job], progress: Progress) -> list[Fit]:
    """The fit of every job of :class:`bayesdrop.MCDropout`, those of one shape together."""
    fits: dict[int, Fit] = {}
    groups: dict[Hashable, list[int]] = {}
    for index, job in enumerate(jobs):
        if job.inference.fits_together(job.model):
            groups.setdefault(_shape(job), []).append(index)
        else:
            fits[index] = job.inference.run(job.model, job.data, job.seed, progress)
    for members in groups.values():
        found = _run_group([jobs[index] for index in members], progress)
        fits |= dict(zip(members, found, strict=True))
    return [fits[index] for index in range(len(jobs))]


def _shape(job: Job) -> Hashable:
    """What the members of a program have in common; they may differ in all other numbers."""
    s: Any = job.inference
    settings = (s.num_epochs, s.batch_size, s.learning_rate, s.mask_sharing, s.device)
    table = sites(job.model, job.data.n_features, job.data.n_outputs)
    own = (job.model.network, job.model.likelihood, tuple((x.name, x.shape) for x in table))
    penalised = type(s.weight_decay), s.weight_decay == "map", s.precision == "learned"
    return settings, own, penalised, job.data.X.shape, job.data.y.shape


def _run_group(jobs: list[Job], progress: Progress) -> list[Fit]:
    settings: Any = jobs[0].inference
    device = torch.device(settings.device) if settings.device else torch.get_default_device()
    clock, threads = time.perf_counter(), torch.get_num_threads()
    parts = list(_parts(jobs, threads)) if device.type == "cpu" else [jobs]
    steps, stopped = _Steps(progress), threading.Event()
    with one_thread(), task(progress, "MC dropout", settings.num_epochs * len(jobs)):
        stacks = [_stack(part, device) for part in parts]
        with ThreadPoolExecutor(min(threads, len(stacks))) as pool:
            futures = [pool.submit(_train, stack, steps, stopped) for stack in stacks]
            try:
                found = [member for future in futures for member in future.result()]
            finally:
                stopped.set()
    seconds = (time.perf_counter() - clock) / len(jobs)
    return [
        Fit(
            values={name: value[None, None] for name, value in values.items()},
            form="expanded",
            stochastic_passes=getattr(job.inference, "num_passes"),  # noqa: B009
            masks=settings.mask_sharing,
            losses=losses,
            seconds={"compile": 0.0, "run": seconds},
            info={"device": str(device), "fitted_together": len(jobs)},
        )
        for job, (values, losses) in zip(jobs, found, strict=True)
    ]


def _parts(jobs: list[Job], threads: int) -> Iterator[list[Job]]:
    """Nearly equal parts, as many as threads or more."""
    count = max(min(threads, len(jobs)), -(-len(jobs) // _TOGETHER))
    ends = [len(jobs) * part // count for part in range(count + 1)]
    return (jobs[start:end] for start, end in itertools.pairwise(ends))


class _Steps:
    """Progress from several threads."""

    def __init__(self, progress: Progress) -> None:
        self._progress, self._lock = progress, threading.Lock()

    def advance(self, steps: int) -> None:
        with self._lock:
            self._progress.advance(steps)


@dataclass
class _Stack:
    """Members as tensors, their own axis first; ``raw`` is what is trained."""

    jobs: list[Job]
    table: tuple[Site, ...]
    X: torch.Tensor
    y: torch.Tensor
    raw: Tensors
    fixed: Tensors
    squared: Tensors
    constant: torch.Tensor

    def values(self) -> Tensors:
        """Name → value of every weight, bias and likelihood site."""
        given = {site.name: site for site in self.table}
        found = {name: _transform(given[name])(raw) for name, raw in self.raw.items()}
        return found | self.fixed


def _stack(jobs: list[Job], device: torch.device) -> _Stack:
    """The members at their starting points, which are those of ``bd.torch_module``."""
    settings: Any = jobs[0].inference
    table = sites(jobs[0].model, jobs[0].data.n_features, jobs[0].data.n_outputs)
    starts: dict[str, list[torch.Tensor]] = {}
    with torch.random.fork_rng():
        for job in jobs:
            torch.manual_seed(job.seed)
            module = torch_module(job.model, job.data.n_features, job.data.n_outputs)
            for name, value in module.values().items():
                starts.setdefault(name, []).append(value.detach())
    values = {name: torch.stack(found).to(device) for name, found in starts.items()}
    fixed = {}
    if settings.precision != "learned":
        del values["noise_scale"]
        scales = [job.inference.tau(job.model, job.data) ** -0.5 for job in jobs]  # type: ignore[attr-defined]
        fixed["noise_scale"] = torch.as_tensor(np.stack(scales), dtype=torch.float32, device=device)
    points = [site for site in table if site.name in values]
    raw = {s.name: _transform(s).inv(values[s.name]).clone().requires_grad_() for s in points}
    squared, constant = _penalties(jobs, device)
    X, y = (
        torch.as_tensor(np.stack(rows), device=device)
        for rows in ([job.data.X for job in jobs], [job.data.y for job in jobs])
    )
    return _Stack(jobs, table, X, y, raw, fixed, squared, constant)


def _transform(site: Site) -> Any:
    return biject_to(constraint(site.support, site.prior.bounds))


def _penalties(jobs: list[Job], device: torch.device) -> tuple[Tensors, torch.Tensor]:
    """Site → factor of its sum of squares; the penalty's constant: each (members,)."""
    squared: dict[str, list[float]] = {}
    constants = []
    for job in jobs:
        s: Any = job.inference
        table = sites(job.model, job.data.n_features, job.data.n_outputs)
        found = factors(job.model, table, job.data, s.weight_decay, s.length_scale)
        for name, factor in found.items():
            squared.setdefault(name, []).append(factor)
        normal = [x for x in table if x.name in found and s.weight_decay == "map"]
        logs = [math.prod(x.shape) * math.log(x.prior.scale * math.tau**0.5) for x in normal]  # type: ignore[attr-defined]
        constants.append(sum(logs) / job.data.rows)
    tensors = {name: torch.tensor(found, device=device) for name, found in squared.items()}
    return tensors, torch.tensor(constants, device=device)


def _train(
    stack: _Stack, steps: _Steps, stopped: threading.Event
) -> list[tuple[dict[str, np.ndarray], np.ndarray]]:
    """Adam on minibatches; of every member its values and the mean loss of every epoch."""
    settings: Any = stack.jobs[0].inference
    rows = stack.X.shape[1]
    size = min(settings.batch_size or rows, rows)
    rngs = [np.random.default_rng(job.seed) for job in stack.jobs]
    draw = _noise(stack, rngs, size)
    optimizer = torch.optim.Adam(stack.raw.values(), lr=settings.learning_rate, fused=True)
    losses = []
    for _ in range(settings.num_epochs):
        order = np.stack([rng.permutation(rows) for rng in rngs])
        X, y = (_reordered(columns, order) for columns in (stack.X, stack.y))
        epoch_loss = torch.zeros_like(stack.constant)
        for start in range(0, rows, size):
            batch = slice(start, min(start + size, rows))
            here = batch.stop - batch.start
            optimizer.zero_grad()
            loss = _loss(stack, X[:, batch], y[:, batch], draw(here))
            loss.sum().backward()
            optimizer.step()
            epoch_loss += loss.detach() * (here / rows)
        losses.append(epoch_loss)
        steps.advance(len(stack.jobs))
        if stopped.is_set():
            break
    values = {name: value.detach().cpu().numpy() for name, value in stack.values().items()}
    curves = torch.stack(losses).cpu().numpy()
    return [({k: v[i] for k, v in values.items()}, curves[:, i]) for i in range(len(stack.jobs))]


def _reordered(columns: torch.Tensor, order: np.ndarray) -> torch.Tensor:
    index = torch.from_numpy(order).to(columns.device)[..., None]
    return columns.gather(1, index.expand(-1, -1, columns.shape[2]))


def _noise(
    stack: _Stack, rngs: list[np.random.Generator], size: int
) -> Callable[[int], Mapping[str, torch.Tensor]]:
    """The function that draws every member's noise for a number of rows, into one buffer."""
    shared = getattr(stack.jobs[0].inference, "mask_sharing") == "shared"  # noqa: B009
    tables = [sites(j.model, j.data.n_features, j.data.n_outputs) for j in stack.jobs]
    priors = {site.name: [t[i].prior for t in tables] for i, site in enumerate(stack.table)}
    scales = [site for site in stack.table if site.role == "scale"]
    buffers = {
        site.name: np.empty((len(rngs), 1 if shared else size, *site.shape), np.float32)
        for site in scales
    }

    def draw(rows: int) -> Mapping[str, torch.Tensor]:
        rows = 1 if shared else rows
        for site in scales:
            buffer = buffers[site.name]
            for member, (prior, rng) in enumerate(zip(priors[site.name], rngs, strict=True)):
                buffer[member, :rows] = prior.draw(rng, (rows, *site.shape))
        device = stack.X.device
        return {name: torch.from_numpy(b[:, :rows]).to(device) for name, b in buffers.items()}

    return draw


def _loss(
    stack: _Stack, X: torch.Tensor, y: torch.Tensor, noise: Mapping[str, torch.Tensor]
) -> torch.Tensor:
    """Per member −1/N (log likelihood + log prior), with its weight decay: (members,)."""
    settings: Any = stack.jobs[0].inference
    model, rows, values = stack.jobs[0].model, stack.X.shape[1], stack.values()
    parameters = model.likelihood.parameters(
        network_output(model, stack.table, values, X, noise), values
    )
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

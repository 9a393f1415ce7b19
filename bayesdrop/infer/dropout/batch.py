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
import threading
import time
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from typing import Any

import numpy as np
import torch

from bayesdrop.infer.base import Job
from bayesdrop.infer.dropout.stack import Stack, loss_of, stacked
from bayesdrop.infer.engine.torch_threads import one_thread
from bayesdrop.posterior.fit import Fit
from bayesdrop.posterior.stochastic_passes import StochasticPasses
from bayesdrop.progress import Progress, task

_TOGETHER = 40  # members per program on a CPU


def run_stacked(jobs: Sequence[Job], progress: Progress) -> list[Fit]:
    """The fit of every job of :class:`bayesdrop.MCDropout`, those of one shape together."""
    fits: dict[int, Fit] = {}
    groups: dict[Hashable, list[int]] = {}
    for index, job in enumerate(jobs):
        if job.inference.fits_together(job.bound.model):
            groups.setdefault(_shape(job), []).append(index)
        else:
            fits[index] = job.inference.run(job.bound, job.data, job.seed, progress)
    for members in groups.values():
        found = _run_group([jobs[index] for index in members], progress)
        fits |= dict(zip(members, found, strict=True))
    return [fits[index] for index in range(len(jobs))]


def _shape(job: Job) -> Hashable:
    """What the members of a program have in common; they may differ in all other numbers."""
    s: Any = job.inference
    settings = (s.num_epochs, s.batch_size, s.learning_rate, s.mask_sharing, s.device)
    model, table = job.bound.model, job.bound.sites
    own = (model.network, model.likelihood, tuple((x.name, x.shape) for x in table))
    penalised = type(s.weight_decay), s.weight_decay == "map", s.precision == "learned"
    return settings, own, penalised, job.data.X_standardised.shape, job.data.y_standardised.shape


def _run_group(jobs: list[Job], progress: Progress) -> list[Fit]:
    methods: list[Any] = [job.inference for job in jobs]
    settings = methods[0]
    device = torch.device(settings.device) if settings.device else torch.get_default_device()
    clock, threads = time.perf_counter(), torch.get_num_threads()
    parts = list(_parts(jobs, threads)) if device.type == "cpu" else [jobs]
    steps, stopped = _Steps(progress), threading.Event()
    with one_thread(), task(progress, "MC dropout", settings.num_epochs * len(jobs)):
        stacks = [stacked(part, device) for part in parts]
        with ThreadPoolExecutor(min(threads, len(stacks))) as pool:
            futures = [pool.submit(_train, stack, steps, stopped) for stack in stacks]
            try:
                wait(futures, return_when=FIRST_EXCEPTION)
            finally:
                stopped.set()
        found = [member for future in futures for member in future.result()]
    seconds = (time.perf_counter() - clock) / len(jobs)
    return [
        Fit(
            StochasticPasses(values, method.num_passes, settings.mask_sharing),
            losses=losses,
            seconds={"compile": 0.0, "run": seconds},
            info={
                "device": str(device),
                "fitted_together": len(jobs),
                "gradients": settings.num_epochs,
            },
        )
        for method, (values, losses) in zip(methods, found, strict=True)
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


def _train(
    stack: Stack, steps: _Steps, stopped: threading.Event
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
            loss = loss_of(stack, X[:, batch], y[:, batch], draw(here))
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
    stack: Stack, rngs: list[np.random.Generator], size: int
) -> Callable[[int], Mapping[str, torch.Tensor]]:
    """The function that draws every member's noise for a number of rows, into one buffer."""
    settings: Any = stack.jobs[0].inference
    shared = settings.mask_sharing == "shared"
    tables = [job.bound.sites for job in stack.jobs]
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

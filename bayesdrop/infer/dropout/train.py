"""Training MC dropout: networks stacked along a first axis; a single fit is a stack of one.

Weights are (members, fan_in, fan_out), inputs (members, rows, features); every member has its own
rows, minibatches, noise and penalty. Adam works element by element, so a member is trained as if
it were alone. What is random is drawn by generators of the member's own, in an order that depends
on nothing but its seed: its result does not depend on who else is there, up to the rounding of
batched matrix products and of Adam's vector instructions, which change with the sizes of tensors.
A step costs one forward and backward pass of all members. On a CPU they are taken a few at a time,
so that their activations stay in a core's cache, one thread each.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Hashable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from bayesdrop.infer.base import Job
from bayesdrop.infer.dropout.device import device_of
from bayesdrop.infer.dropout.noise import NoiseOf
from bayesdrop.infer.dropout.stack import Member, Stack, loss_of, stacked
from bayesdrop.infer.engine.grouping import fits_by_group
from bayesdrop.infer.engine.torch_settings import own_settings
from bayesdrop.posterior.results.fit import Fit
from bayesdrop.posterior.results.stochastic_passes import StochasticPasses
from bayesdrop.progress import Progress, task

_TOGETHER = 40  # members per program on a CPU


class Trained(NamedTuple):
    """A member's values, by name, and the mean loss of every epoch."""

    values: dict[str, NDArray[np.float32]]
    losses: NDArray[np.float32]


def run_stacked(jobs: Sequence[Job], progress: Progress) -> list[Fit]:
    """The fit of every job of :class:`bayesdrop.MCDropout`, those of one shape together."""
    members = [Member.of(job) for job in jobs]
    return fits_by_group(members, _shape, lambda group: _run_group(group, progress))


def _shape(member: Member) -> Hashable:
    """What the members of a program have in common; they may differ in all other numbers.

    A distribution that has free parameters, or is that of one, is the same in all of them.
    """
    s, model = member.method, member.bound.model
    settings = (s.num_epochs, s.batch_size, s.learning_rate, s.mask_sharing, s.device)
    objective = (s.masks, s.weighting)
    sites = tuple(
        (x.name, x.shape, x.prior if x.parameters or x.role == "parameter" else None)
        for x in member.bound.sites
    )
    own = (model.network, model.likelihood, sites, member.bound.row_terms)
    penalised = type(s.weight_decay), s.weight_decay == "map", s.precision == "learned"
    rows = member.data.X_standardised.shape, member.data.y_standardised.shape
    return settings, objective, own, penalised, rows


def _run_group(members: list[Member], progress: Progress) -> list[Fit]:
    settings = members[0].method
    device = device_of(settings.device)
    clock, steps, stopped = time.perf_counter(), _Steps(progress), threading.Event()
    work = settings.num_epochs * len(members)
    with own_settings() as threads, task(progress, "MC dropout", work):
        parts = list(_parts(members, threads)) if device.type == "cpu" else [members]
        stacks = [stacked(part, device) for part in parts]
        with ThreadPoolExecutor(min(threads, len(stacks))) as pool:
            futures = [pool.submit(_train, stack, steps, stopped) for stack in stacks]
            try:
                wait(futures, return_when=FIRST_EXCEPTION)
            finally:
                stopped.set()
        found = [member for future in futures for member in future.result()]
    seconds = (time.perf_counter() - clock) / len(members)
    layout = {"fitted_together": len(members), "threads": threads}
    info = {"device": str(device), **layout, "gradients": settings.num_epochs * settings.masks}
    fits = []
    for member, (values, losses) in zip(members, found, strict=True):
        learned = {name: values.pop(name).item() for name in member.bound.model.learned}
        own = member.method
        result = StochasticPasses(
            values, own.num_passes, settings.mask_sharing, learned, passes=own.passes
        )
        fits.append(Fit(result, losses, {"compile": 0.0, "run": seconds}, dict(info)))
    return fits


def _parts(members: list[Member], threads: int) -> Iterator[list[Member]]:
    """Nearly equal parts, as many as threads or more."""
    count = max(min(threads, len(members)), -(-len(members) // _TOGETHER))
    ends = [len(members) * part // count for part in range(count + 1)]
    return (members[start:end] for start, end in itertools.pairwise(ends))


class _Steps:
    """Progress from several threads."""

    def __init__(self, progress: Progress) -> None:
        self._progress, self._lock = progress, threading.Lock()

    def advance(self, steps: int) -> None:
        with self._lock:
            self._progress.advance(steps)


def _train(stack: Stack, steps: _Steps, stopped: threading.Event) -> list[Trained]:
    """Adam on minibatches, until the last epoch or until it is stopped."""
    settings, rows = stack.settings, stack.X.shape[1]
    size = min(settings.batch_size or rows, rows)
    rngs = [np.random.default_rng(member.seed) for member in stack.members]
    draw = NoiseOf(stack, size, rngs if stack.X.device.type == "cpu" else None)
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
            values = stack.values()
            loss = loss_of(stack, values, X[:, batch], y[:, batch], draw(values, here))
            loss.sum().backward()
            optimizer.step()
            epoch_loss += loss.detach() * (here / rows)
        losses.append(epoch_loss)
        steps.advance(len(stack.members))
        if stopped.is_set():
            break
    found = {name: value.detach().cpu().numpy() for name, value in stack.values().items()}
    curves = torch.stack(losses).cpu().numpy()
    each = range(len(stack.members))
    return [Trained({k: v[i] for k, v in found.items()}, curves[:, i]) for i in each]


def _reordered(columns: torch.Tensor, order: np.ndarray) -> torch.Tensor:
    index = torch.from_numpy(order).to(columns.device)
    members = torch.arange(len(columns), device=columns.device)[:, None]
    return columns[members, index]

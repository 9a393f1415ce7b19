"""The same variational inference as :mod:`bayesdrop.infer.vi.svi.settings`, in Pyro."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import pyro
import torch
from numpy.typing import NDArray
from pyro import poutine
from pyro.infer import SVI as PyroSVI
from pyro.infer import Trace_ELBO
from pyro.optim import ClippedAdam
from torch.distributions import biject_to

from bayesdrop.bound import BoundModel
from bayesdrop.data.training import TrainingData
from bayesdrop.infer.engine.minibatches import check_loss
from bayesdrop.infer.engine.torch_random import seeded
from bayesdrop.infer.engine.torch_settings import own_settings
from bayesdrop.infer.vi.guides.in_pyro import guide_of
from bayesdrop.infer.vi.relaxation import hardened
from bayesdrop.infer.vi.svi import optimum
from bayesdrop.infer.vi.svi.averaging import SQUARES_DECAY, averaged_steps
from bayesdrop.marginal import with_scales
from bayesdrop.posterior.results.fit import Fit
from bayesdrop.posterior.results.weight_draws import WeightDraws
from bayesdrop.programs.pyro import build
from bayesdrop.progress import Progress, task
from bayesdrop.quiet import ignored

if TYPE_CHECKING:
    from bayesdrop.infer.vi.svi.settings import SVI


def run(settings: SVI, bound: BoundModel, data: TrainingData, seed: int, progress: Progress) -> Fit:
    """Run :meth:`bayesdrop.SVI.run`; Pyro's random state and parameter store are left as found."""
    clock = time.perf_counter()
    rows = (torch.as_tensor(data.X_standardised), torch.as_tensor(data.columns))
    program = build(bound, settings.temperature)
    with own_settings(), seeded(seed), _unchecked(), pyro.get_param_store().scope():
        guide = guide_of(settings, program, bound.sites)
        adam = ClippedAdam(
            {
                "lr": settings.learning_rate,
                "lrd": settings.decay,
                "clip_norm": float("inf"),
                "betas": (0.9, SQUARES_DECAY),
            }
        )
        elbo = Trace_ELBO(num_particles=settings.num_particles)
        losses = _optimise(settings, PyroSVI(program, guide, adam, elbo), rows, progress)
        with torch.no_grad():
            draws = [guide(*rows) for _ in range(settings.num_samples)]
            learned = {name: pyro.param(name).item() for name in bound.model.learned}
        slopes = _slopes(settings, program, guide, rows) if settings.is_checked else None
    values = {name: torch.stack([d[name] for d in draws]).cpu().numpy()[None] for name in draws[0]}
    return Fit(
        WeightDraws(
            with_scales(bound, hardened(values, bound.sites), seed, learned), learned=learned
        ),
        losses=np.asarray(losses, dtype=np.float32),
        seconds={"compile": 0.0, "run": time.perf_counter() - clock},
        info={
            "device": str(rows[0].device),
            "gradients": settings.gradients(data.rows),
            **({} if slopes is None else {"optimum": optimum.distance(*slopes)}),
        },
    )


@contextmanager
def _unchecked() -> Iterator[None]:
    """Neither PyTorch nor Pyro looks for NaN: :func:`check_loss` says in words that there are."""
    with pyro.validation_enabled(False), ignored(UserWarning, "Encountered (NaN|.?inf)"):
        yield


def _optimise(
    settings: SVI, svi: PyroSVI, data: tuple[torch.Tensor, torch.Tensor], progress: Progress
) -> list[float]:
    """The losses; the parameters are left at the mean of the last iterates."""
    X, y = data
    size, per_epoch, epochs = settings.batches(len(X))
    unaveraged = per_epoch * epochs - averaged_steps(per_epoch * epochs)
    losses: list[float] = []
    mean: dict[str, torch.Tensor] = {}
    with task(progress, "SVI (Pyro)", epochs * per_epoch):
        for _ in range(epochs):
            order = torch.randperm(len(X)) if size < len(X) else torch.arange(len(X))
            for rows in order[: size * per_epoch].split(size):
                loss: Any = svi.step(X[rows], y[rows], n_rows=len(X))
                losses.append(float(loss))
                if (count := len(losses) - unaveraged) > 0:
                    for name, iterate in _unconstrained():
                        mean.setdefault(name, torch.zeros_like(iterate))
                        mean[name] += (iterate.detach() - mean[name]) / count
            check_loss(losses[-1], losses[0], len(losses), settings.learning_rate)
            progress.advance(per_epoch, f"loss {losses[-1]:.1f}")
    with torch.no_grad():
        for name, iterate in _unconstrained():
            iterate.copy_(mean[name])
    return losses


def _unconstrained() -> Iterable[tuple[str, torch.Tensor]]:
    """The parameters that Adam moves, by name."""
    return pyro.get_param_store().named_parameters()


def _slopes(
    settings: SVI, program: Callable[..., None], guide: Any, data: tuple[torch.Tensor, torch.Tensor]
) -> tuple[dict[str, NDArray], dict[str, NDArray]]:
    """Draws of the guide on the unconstrained scale, and the log joint's gradients there."""
    X, y = data
    size, *_ = settings.batches(len(X))
    values: dict[str, list[torch.Tensor]] = defaultdict(list)
    gradients: dict[str, list[torch.Tensor]] = defaultdict(list)
    for _ in range(settings.check_draws):
        rows = torch.randperm(len(X))[:size] if size < len(X) else slice(None)
        with torch.no_grad():
            draw = guide(X, y)
        at, log_density = _log_density(program, draw, X[rows], y[rows], len(X))
        found = torch.autograd.grad(log_density, list(at.values()))
        for (name, value), gradient in zip(at.items(), found, strict=True):
            values[name].append(value.detach())
            gradients[name].append(gradient)
    return _stacked(values), _stacked(gradients)


def _log_density(
    program: Callable[..., None],
    draw: dict[str, torch.Tensor],
    X: torch.Tensor,
    y: torch.Tensor,
    n_rows: int,
) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
    """The unconstrained values of ``draw``, and the log joint there with their Jacobians."""
    sites: Any = poutine.trace(poutine.condition(program, draw)).get_trace(X, y, n_rows=n_rows)
    maps = {name: biject_to(sites.nodes[name]["fn"].support) for name in draw}
    at = {name: maps[name].inv(value).requires_grad_() for name, value in draw.items()}
    own = {name: maps[name](value) for name, value in at.items()}
    joint = poutine.trace(poutine.condition(program, own)).get_trace(X, y, n_rows=n_rows)
    total: Any = joint.log_prob_sum()
    for name, value in at.items():
        total = total + maps[name].log_abs_det_jacobian(value, own[name]).sum()
    return at, total


def _stacked(lists: dict[str, list[torch.Tensor]]) -> dict[str, NDArray]:
    return {name: torch.stack(found).cpu().numpy() for name, found in lists.items()}

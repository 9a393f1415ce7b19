"""The same variational inference as :mod:`bayesdrop.infer.vi.svi.settings`, in Pyro."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pyro
import torch
from pyro.infer import SVI as PyroSVI
from pyro.infer import Trace_ELBO
from pyro.optim import ClippedAdam

from bayesdrop.bound import BoundModel
from bayesdrop.data.training import TrainingData
from bayesdrop.infer.engine.minibatches import check_loss, gradients
from bayesdrop.infer.engine.torch_threads import one_thread
from bayesdrop.infer.vi.guides.in_pyro import guide_of
from bayesdrop.infer.vi.relaxation import hardened
from bayesdrop.marginal import with_scales
from bayesdrop.posterior.fit import Fit
from bayesdrop.posterior.weight_draws import WeightDraws
from bayesdrop.programs.pyro import build
from bayesdrop.progress import Progress, task

if TYPE_CHECKING:
    from bayesdrop.infer.vi.svi.settings import SVI


def run(settings: SVI, bound: BoundModel, data: TrainingData, seed: int, progress: Progress) -> Fit:
    """Run :meth:`bayesdrop.SVI.run`; Pyro's random state and parameter store are left as found."""
    clock = time.perf_counter()
    rows = (torch.as_tensor(data.X_standardised), torch.as_tensor(data.y_standardised))
    program = build(bound, settings.temperature)
    with one_thread(), torch.random.fork_rng(), pyro.get_param_store().scope():
        torch.manual_seed(seed)
        guide = guide_of(settings, program, bound.sites)
        adam = ClippedAdam(
            {"lr": settings.learning_rate, "lrd": settings.decay, "clip_norm": float("inf")}
        )
        elbo = Trace_ELBO(num_particles=settings.num_particles)
        losses = _optimise(settings, PyroSVI(program, guide, adam, elbo), rows, progress)
        with torch.no_grad():
            draws = [guide(*rows) for _ in range(settings.num_samples)]
            learned = {name: pyro.param(name).item() for name in bound.model.learned}
    values = {name: torch.stack([d[name] for d in draws]).cpu().numpy()[None] for name in draws[0]}
    return Fit(
        WeightDraws(
            with_scales(bound, hardened(values, bound.sites), seed, learned), learned=learned
        ),
        losses=np.asarray(losses, dtype=np.float32),
        seconds={"compile": 0.0, "run": time.perf_counter() - clock},
        info={
            "device": str(rows[0].device),
            "gradients": settings.gradients_per_step
            * gradients(data.rows, settings.batch_size, settings.num_steps),
        },
    )


def _optimise(
    settings: SVI, svi: PyroSVI, data: tuple[torch.Tensor, torch.Tensor], progress: Progress
) -> list[float]:
    X, y = data
    size, per_epoch, epochs = settings.batches(len(X))
    losses: list[float] = []
    with task(progress, "SVI (Pyro)", epochs * per_epoch):
        for _ in range(epochs):
            order = torch.randperm(len(X)) if size < len(X) else torch.arange(len(X))
            for rows in order[: size * per_epoch].split(size):
                loss: Any = svi.step(X[rows], y[rows], n_rows=len(X))
                losses.append(float(loss))
            check_loss(losses[-1], len(losses), settings.learning_rate)
            progress.advance(per_epoch, f"loss {losses[-1]:.1f}")
    return losses

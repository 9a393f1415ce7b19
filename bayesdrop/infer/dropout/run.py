"""Training one network with noise on its units, where it can't share a program with others."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
import torch

from bayesdrop.bound import BoundModel
from bayesdrop.data.training import TrainingData
from bayesdrop.infer.dropout.tail_adaptive import rank_weights
from bayesdrop.infer.dropout.weight_decay import penalty
from bayesdrop.infer.engine.torch_threads import one_thread
from bayesdrop.posterior.fit import Fit
from bayesdrop.posterior.stochastic_passes import StochasticPasses
from bayesdrop.programs.torch import NoisyNetwork
from bayesdrop.progress import Progress, task

if TYPE_CHECKING:
    from bayesdrop.infer.dropout.settings import MCDropout


def run(
    settings: MCDropout, bound: BoundModel, data: TrainingData, seed: int, progress: Progress
) -> Fit:
    """As :meth:`bayesdrop.MCDropout.run`."""
    clock = time.perf_counter()
    device = torch.device(settings.device) if settings.device else torch.get_default_device()
    with one_thread(), torch.random.fork_rng():
        torch.manual_seed(seed)
        module = NoisyNetwork(bound, settings.mask_sharing)
        module = module.to(device)
        if settings.precision != "learned":
            module.fix("noise_scale", settings.tau(bound.model, data) ** -0.5)
        losses = _train(settings, module, data, progress)
    values = {k: v.detach().cpu().numpy() for k, v in module.values().items()}
    learned = {name: values.pop(name).item() for name in bound.model.learned}
    return Fit(
        StochasticPasses(values, settings.num_passes, settings.mask_sharing, learned),
        losses=np.asarray(losses, dtype=np.float32),
        seconds={"compile": 0.0, "run": time.perf_counter() - clock},
        info={"device": str(device), "gradients": settings.num_epochs * settings.masks},
    )


def _train(
    settings: MCDropout,
    module: NoisyNetwork,
    data: TrainingData,
    progress: Progress,
) -> list[float]:
    """Adam on minibatches; the mean loss of every epoch."""
    device = next(module.parameters()).device
    X, y = (
        torch.as_tensor(columns, device=device)
        for columns in (data.X_standardised, data.y_standardised)
    )
    rows = data.rows
    size = min(settings.batch_size or rows, rows)
    decay = penalty(module, data, settings.weight_decay, settings.length_scale)
    trained = [p for p in module.parameters() if p.requires_grad]
    optimizer = torch.optim.Adam(trained, lr=settings.learning_rate)
    losses = []
    with task(progress, "MC dropout", settings.num_epochs):
        for _ in range(settings.num_epochs):
            epoch_loss = torch.zeros((), device=device)
            for batch in torch.randperm(rows, device=device).split(size):
                optimizer.zero_grad()
                loss = decay() - _log_likelihood(settings, module, X[batch], y[batch])
                loss.backward()
                optimizer.step()
                epoch_loss += loss.detach() * len(batch) / rows
            losses.append(epoch_loss)
            progress.advance(1)
    return torch.stack(losses).tolist()


def _log_likelihood(
    settings: MCDropout, module: NoisyNetwork, X: torch.Tensor, y: torch.Tensor
) -> torch.Tensor:
    """The mean over rows, and over K masks with their weights."""
    if settings.masks == 1:
        return module.log_likelihood(X, y).mean()
    draws = [module.draw_noise(len(X)) for _ in range(settings.masks)]
    noise = {name: torch.stack([draw[name] for draw in draws]) for name in draws[0]}
    each = module.log_likelihood(X, y, noise)
    if settings.weighting == "average":
        return each.mean()
    return (rank_weights(each) * each).sum(0).mean()

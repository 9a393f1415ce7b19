"""The MC-dropout fits of a data set's grid search as one program, against one after another.

    python benchmarks/speed/mc_dropout_grid.py [--dataset yacht] [--device cuda]

The 240 fits (20 splits × 12 points) of the 2018 protocol on the 80 % of the training rows, for a
few epochs, set-up included, by ``bd.MCDropout.run_many``; and some of the same fits one after
another in plain PyTorch, written by hand: ``torch.nn.Sequential`` with ``Dropout``, Adam,
minibatches of 128. Of threads and of Adam's two implementations it gets the fastest, found first.
Both run alternately in one process; seconds are per fit and 1,000 epochs, and ratios are of the
medians over rounds, beside the smallest and largest of the rounds. Processor seconds, of all
threads, say what is left of a ratio on a machine that has other things to do.
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import json
import statistics
import time

import torch

import bayesdrop as bd
from bayesdrop.catalog import load
from bayesdrop.data.training import TrainingData
from bayesdrop.infer.base import Job
from bayesdrop.infer.tuning.grid_search.run import Search
from bayesdrop.infer.tuning.mc_dropout_2018 import mc_dropout_2018
from bayesdrop.progress import Progress


def jobs_of(dataset: str, epochs: int) -> list[Job]:
    """The fits of every split's grid, for that many epochs."""
    data, model = bd.load_dataset(dataset), load("models", "bernoulli_ard").value
    published = mc_dropout_2018(dataset)
    short = dataclasses.replace(published.inference, num_epochs=epochs)  # type: ignore[type-var]
    search = dataclasses.replace(published, inference=short)
    found = []
    for k in range(data.n_splits):
        split = data.split(k)
        rows = TrainingData.of(split.X_train, split.y_train[:, None], True)
        found += Search(search, Job.of(search, model, rows, k)).trials()
    return found


class Clock:
    """Wall and processor seconds per fit and 1,000 epochs of the block."""

    def __init__(self, fits: int, epochs: int) -> None:
        self._unit = fits * epochs / 1000

    def __enter__(self) -> Clock:
        self._start = time.perf_counter(), time.process_time()
        return self

    def __exit__(self, *exception: object) -> None:
        end = time.perf_counter(), time.process_time()
        self.wall, self.cpu = ((b - a) / self._unit for a, b in zip(self._start, end, strict=True))


def together(jobs: list[Job], epochs: int, device: str) -> Clock:
    """Fit all as one program."""
    chosen = [
        job._replace(inference=dataclasses.replace(job.inference, device=device))  # type: ignore[type-var]
        for job in jobs
    ]
    with Clock(len(jobs), epochs) as clock:
        bd.MCDropout.run_many(chosen, Progress())
    return clock


def plain(jobs: list[Job], epochs: int, threads: int, fused: bool, device: str) -> Clock:
    """Fit one after another, by hand."""
    torch.set_num_threads(threads)
    with Clock(len(jobs), epochs) as clock:
        for job in jobs:
            _fit(job, epochs, fused, device)
    return clock


def _fit(job: Job, epochs: int, fused: bool, device: str) -> None:
    settings: bd.MCDropout = job.inference  # type: ignore[assignment]
    rate = 1 - job.bound.model.prior.unit.keep  # type: ignore[union-attr]
    columns = job.data.X_standardised, job.data.y_standardised
    X, y = (torch.as_tensor(rows, device=device) for rows in columns)
    net = torch.nn.Sequential(
        torch.nn.Dropout(rate),
        torch.nn.Linear(X.shape[1], 50),
        torch.nn.ReLU(),
        torch.nn.Dropout(rate),
        torch.nn.Linear(50, 1),
    ).to(device)
    decay = 1e-4 * (1 - rate) / (2 * len(X) * float(settings.precision))
    weights = [net[1].weight, net[4].weight]
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3, fused=fused)
    for _ in range(epochs):
        for batch in torch.randperm(len(X), device=device).split(128):
            optimizer.zero_grad()
            fit = torch.nn.functional.mse_loss(net(X[batch]), y[batch])
            loss = fit + decay * sum(w.square().sum() for w in weights)  # type: ignore[union-attr]
            loss.backward()
            optimizer.step()
    net[4].bias[0].item()  # type: ignore[index]


def main() -> None:
    """Alternate both; print the table and, last, one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", default="yacht", help="default: yacht")
    parser.add_argument("--device", default="cpu", help="default: cpu")
    parser.add_argument("--epochs", type=int, default=40, help="of the 240 fits; default: 40")
    parser.add_argument("--rounds", type=int, default=5, help="default: 5")
    arguments = parser.parse_args()
    device, threads = arguments.device, torch.get_num_threads()
    jobs, few = jobs_of(arguments.dataset, arguments.epochs), 100
    settings = list(itertools.product({1, threads}, (False, True)))
    tried = {s: plain(jobs[:1], 20, *s, device).wall for s in [settings[0], *settings]}
    best = min(tried, key=lambda s: tried[s])
    print(f"{arguments.dataset}: {len(jobs)} fits on {device}, {threads} threads")
    print(f"plain PyTorch is fastest with {best[0]} threads, fused Adam: {best[1]}")
    print("seconds per fit and 1,000 epochs: wall, processor")
    print(f"{'round':>5}{'together':>18}{'plain':>18}{'ratio':>14}")
    rounds = []
    for number in range(arguments.rounds):
        torch.set_num_threads(threads)
        ours = together(jobs, arguments.epochs, device)
        hand = plain(jobs[number : number + 2], few, *best, device)
        times = (ours.wall, ours.cpu, hand.wall, hand.cpu)
        rounds.append((*times, hand.wall / ours.wall, hand.cpu / ours.cpu))
        shown = "".join(f"{value:9.3f}" for value in times)
        print(f"{number:5}{shown}{rounds[-1][4]:7.1f}{rounds[-1][5]:7.1f}", flush=True)
    columns = list(zip(*rounds, strict=True))
    wall, cpu, plain_wall, plain_cpu = map(statistics.median, columns[:4])
    result = {
        "dataset": arguments.dataset,
        "device": device,
        "ratio": plain_wall / wall,
        "range": [min(columns[4]), max(columns[4])],
        "processor_ratio": plain_cpu / cpu,
        "processor_range": [min(columns[5]), max(columns[5])],
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()

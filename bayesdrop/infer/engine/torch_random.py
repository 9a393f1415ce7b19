"""PyTorch's generator, which the whole process shares, seeded for one thread at a time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import torch

_HELD = threading.RLock()


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Seed PyTorch's generator for the block, then restore it as it was.

    Other threads that ask for it wait. Pyro's stack of handlers is one for the process too, so
    its programs run within this block.
    """
    with _HELD, torch.random.fork_rng():
        torch.manual_seed(seed)
        yield

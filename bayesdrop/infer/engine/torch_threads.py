"""PyTorch on one thread: its pool costs more than it gives on networks of this size."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def one_thread() -> Iterator[None]:
    """Run the block with one intra-op thread, then restore the number there was.

    With the default pool a training step of a 50-unit network took ten times longer whenever
    another process used a core: the pool's threads wait for each other, spinning.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)

"""PyTorch's settings while a method runs, whatever those of the process are."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def own_settings() -> Iterator[int]:
    """Run the block with PyTorch's default settings and one intra-op thread, and give them back.

    Numbers are float32 and their products, too; gradients are recorded. The block gets the number
    of threads that there was. With the default pool a training step of a 50-unit network took ten
    times longer whenever another process used a core: the pool's threads wait for each other,
    spinning.
    """
    threads, device = _OF_THE_PROCESS.enter(), torch.get_default_device()
    is_other = device != torch.device("cpu")
    try:
        if is_other:  # not always: a default device that is set makes every operation slower
            torch.set_default_device(None)
        with (
            torch.inference_mode(False),
            torch.enable_grad(),
            torch.autocast("cpu", enabled=False),
        ):
            yield threads
    finally:
        if is_other:
            torch.set_default_device(device)
        _OF_THE_PROCESS.leave()


class _Process:
    """Settings that all threads share: the first block changes them, the last one restores them."""

    def __init__(self) -> None:
        self._lock, self._blocks = threading.Lock(), 0
        self._before: tuple[int, torch.dtype, str] = 1, torch.float32, "highest"

    def enter(self) -> int:
        with self._lock:
            if self._blocks == 0:
                precision = torch.get_float32_matmul_precision()
                self._before = torch.get_num_threads(), torch.get_default_dtype(), precision
                self._set(1, torch.float32, "highest")
            self._blocks += 1
            return self._before[0]

    def leave(self) -> None:
        with self._lock:
            self._blocks -= 1
            if self._blocks == 0:
                self._set(*self._before)

    def _set(self, threads: int, dtype: torch.dtype, precision: str) -> None:
        torch.set_num_threads(threads)
        torch.set_default_dtype(dtype)
        torch.set_float32_matmul_precision(precision)


_OF_THE_PROCESS = _Process()

"""Ctrl-C during sampling waits for the end of a chunk, so that the draws so far can be kept."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Interruption:
    """It knows whether Ctrl-C was pressed, and whether it was pressed again."""

    def __init__(self) -> None:
        self.pressed = self.insistent = False

    def __call__(self, *_: object) -> None:
        """Note it; at the second time raise ``KeyboardInterrupt`` at once."""
        self.insistent, self.pressed = self.pressed, True
        if self.insistent:
            raise KeyboardInterrupt


@contextmanager
def waiting_interruption() -> Iterator[Interruption]:
    """Ctrl-C is noted and raises nothing, until it is pressed again.

    Elsewhere than in the main thread, or where the program handles Ctrl-C itself, nothing changes.
    """
    interruption = Interruption()
    in_main = threading.current_thread() is threading.main_thread()
    if not in_main or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield interruption
        return
    signal.signal(signal.SIGINT, interruption)
    try:
        yield interruption
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)

"""JAX for one method at a time, by its own settings, whatever those of the process are."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import jax

_HELD = threading.RLock()

_started_in: int | None = None
"""The process in which a method first used JAX."""


@contextmanager
def own_settings() -> Iterator[None]:
    """Run the block, or a function that this decorates, by JAX's default settings.

    A fit then has the same numbers whatever the process has set for programs of its own: 64-bit
    numbers, stricter promotion, another generator of random numbers, or a stop at the first NaN,
    of which a sampler's steps may have some. The settings are those of this thread. Other threads
    that ask for them wait: NumPyro's stack of handlers is one for the process.

    Raises
    ------
    RuntimeError
        The process was forked from one that had used JAX, whose threads it lacks.
    """
    _check_process()
    with _HELD, ExitStack() as settings:
        for setting in (
            jax.enable_x64(False),
            jax.numpy_dtype_promotion("standard"),
            jax.numpy_rank_promotion("allow"),
            jax.default_prng_impl("threefry2x32"),
            _no_seed_offset(),
            jax.threefry_partitionable(True),
            jax.debug_nans(False),
            jax.debug_infs(False),
            jax.disable_jit(False),
            jax.transfer_guard("allow"),
        ):
            settings.enter_context(setting)
        yield


@contextmanager
def _no_seed_offset() -> Iterator[None]:
    """JAX has one offset of seeds for the whole process, and no setting of a thread for it."""
    offset = jax.config.jax_random_seed_offset  # type: ignore[attr-defined]
    if offset:
        jax.config.update("jax_random_seed_offset", 0)
    try:
        yield
    finally:
        if offset:
            jax.config.update("jax_random_seed_offset", offset)


def _check_process() -> None:
    global _started_in
    if _started_in is None:
        _started_in = os.getpid()
    if _started_in != os.getpid():
        raise RuntimeError(
            "this process was forked from one in which JAX had started, so a fit would wait for "
            "ever for threads that are not here. Start processes by "
            'multiprocessing.get_context("spawn"). Predictions of a fit that is there already work'
        )

"""JAX's settings while a method runs, whatever those of the process are."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import jax

_started_in: int | None = None
"""The process in which a method first used JAX."""


@contextmanager
def own_settings() -> Iterator[None]:
    """Run the block, or a function that this decorates, by JAX's default settings.

    A fit then has the same numbers whatever the process has set for programs of its own: 64-bit
    numbers, stricter promotion, another generator of random numbers, or a stop at the first NaN,
    of which a sampler's steps may have some. The settings are those of this thread.

    Raises
    ------
    RuntimeError
        The process was forked from one that had used JAX, whose threads it lacks.
    """
    _check_process()
    with ExitStack() as settings:
        for setting in (
            jax.enable_x64(False),
            jax.numpy_dtype_promotion("standard"),
            jax.numpy_rank_promotion("allow"),
            jax.default_prng_impl("threefry2x32"),
            jax.threefry_partitionable(True),
            jax.debug_nans(False),
            jax.debug_infs(False),
            jax.disable_jit(False),
            jax.transfer_guard("allow"),
        ):
            settings.enter_context(setting)
        yield


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

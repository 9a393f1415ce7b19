"""JAX's settings while a method runs, whatever those of the process are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import jax


@contextmanager
def own_settings() -> Iterator[None]:
    """Run the block, or a function that this decorates, by JAX's default settings.

    A fit then has the same numbers whatever the process has set for programs of its own: 64-bit
    numbers, stricter promotion, another generator of random numbers, or a stop at the first NaN,
    of which a sampler's steps may have some. The settings are those of this thread.
    """
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
        ):
            settings.enter_context(setting)
        yield

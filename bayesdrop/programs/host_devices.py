"""A JAX device per CPU core, so that chains can run side by side."""

from __future__ import annotations

import contextlib
import os

import jax


def use_host_devices() -> None:
    """Make each core a device, or as many as ``OMP_NUM_THREADS`` allows.

    Without effect once JAX has started, so every program of bayesdrop's asks for it when built.
    """
    cores = os.cpu_count() or 1
    allowed = os.environ.get("OMP_NUM_THREADS", "")
    with contextlib.suppress(RuntimeError):
        jax.config.update(
            "jax_num_cpu_devices", min(cores, int(allowed)) if allowed.isdigit() else cores
        )

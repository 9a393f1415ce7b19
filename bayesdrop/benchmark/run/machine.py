"""What a record says of the machine and of the code that ran its cell."""

from __future__ import annotations

import functools
import hashlib
import os
import platform
import sys
from pathlib import Path
from typing import Any


@functools.cache
def source() -> str:
    """Return the first 12 digits of the SHA-256 of bayesdrop's own files.

    They tell states of one version apart.
    """
    root = Path(__file__).parents[2]
    found = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        found.update(str(path.relative_to(root)).encode() + b"\0" + path.read_bytes())
    return found.hexdigest()[:12]


def machine() -> dict[str, Any]:
    """Describe system, architecture, processors, and the accelerator where one is in use."""
    found = {
        "system": platform.system(),
        "machine": platform.machine(),
        "processors": os.cpu_count(),
        "processor": _processor(),
    }
    accelerator = _accelerator()
    return {**found, "accelerator": accelerator} if accelerator else found


def threads_of_each(jobs: int) -> dict[str, str]:
    """Return the environment of one of ``jobs`` processes that share this machine's cores.

    ``NPROC`` is the size of XLA's pool of threads. ``OMP_NUM_THREADS`` is that of PyTorch and BLAS.
    """
    threads = str(max(1, (os.cpu_count() or 1) // jobs))
    return {"OMP_NUM_THREADS": threads, "NPROC": threads}


@functools.cache
def _processor() -> str:
    if sys.platform == "linux":
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor()


def _accelerator() -> str:
    """The name of the one that JAX or else PyTorch uses by default, of what is imported."""
    if jax := sys.modules.get("jax"):
        try:
            device = jax.devices()[0]
        except (RuntimeError, AssertionError):  # what it was told to use is not there
            return ""
        if device.platform != "cpu":
            return device.device_kind
    torch = sys.modules.get("torch")
    if torch and torch.get_default_device().type == "cuda":
        return torch.cuda.get_device_name()
    return ""

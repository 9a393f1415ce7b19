"""Compiled JAX programs are kept on disk, so that the next process need not compile them.

They are JAX's own persistent cache. It holds machine code, so the folder must belong to the user
and nobody else may write to it, and every kind of processor has a folder of its own.
"""

from __future__ import annotations

import hashlib
import os
import platform
import stat
from pathlib import Path
from typing import Any

import jax
import pooch
from jax.experimental.compilation_cache import compilation_cache

from bayesdrop.progress import log

_LARGEST = 2**30  # bytes; beyond, what was used longest ago goes
_SHORTEST = 0.2  # seconds of compilation that are worth a file


def keep_compiled_programs() -> None:
    """Keep what JAX compiles from here on in bayesdrop's folder in the user's cache.

    JAX's own settings come first: ``JAX_COMPILATION_CACHE_DIR`` names another folder, and
    ``JAX_ENABLE_COMPILATION_CACHE=false`` keeps nothing.
    """
    settings: Any = jax.config
    if settings.jax_compilation_cache_dir or not settings.jax_enable_compilation_cache:
        return
    folder = Path(pooch.os_cache("bayesdrop")) / "compiled" / _processor()
    if not _is_ours(folder):
        settings.update("jax_enable_compilation_cache", False)
        log.warning(
            "%s can't be made, belongs to somebody else or can be written to by others, so "
            "compiled programs are not kept: name one of your own in JAX_COMPILATION_CACHE_DIR",
            folder,
        )
        return
    settings.update("jax_compilation_cache_dir", str(folder))
    settings.update("jax_compilation_cache_max_size", _LARGEST)
    settings.update("jax_persistent_cache_min_compile_time_secs", _SHORTEST)
    compilation_cache.reset_cache()  # JAX looks once, at its first compilation


def _processor() -> str:
    """A name of this kind of processor, on which a program compiled for it runs."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        features = next((line for line in lines if line.startswith(("flags", "Features"))), "")
    except OSError:
        features = platform.processor()
    digest = hashlib.sha256(features.encode()).hexdigest()[:12]
    return f"{platform.machine()}-{digest}"


def _is_ours(folder: Path) -> bool:
    """Make the folder, and say whether it is ours alone to write to."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.stat()
    except OSError:
        return False
    if not hasattr(os, "getuid"):
        return True
    return found.st_uid == os.getuid() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)

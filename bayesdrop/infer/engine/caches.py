"""Compiled programs are kept from one fit to the next, and this is how to let go of them."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from functools import lru_cache, wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

P = ParamSpec("P")
T = TypeVar("T")

_KEPT_PER_BUILDER = 32
_FULL = 0.5  # of the mappings that a process may have
_MAPPINGS, _LIMIT = Path("/proc/self/maps"), Path("/proc/sys/vm/max_map_count")
_caches: list[Any] = []


def compiled_once(build: Callable[P, T]) -> Callable[P, T]:
    """Decorate ``build`` so that what it returns is kept for the next call with equal arguments.

    Put it on every function that builds a compiled program. Arguments must be hashable, as
    settings and a :class:`bayesdrop.BoundModel` are; data are arguments of the program and not of
    ``build``, which runs by JAX's default settings. The 32 results used last are kept, until
    :func:`clear_caches`, or until the process has little room for more.
    """

    @wraps(build)
    def built(*args: P.args, **kwargs: P.kwargs) -> T:
        from bayesdrop.infer.engine.jax_settings import own_settings

        if has_little_room():
            clear_caches()
        with own_settings():
            return build(*args, **kwargs)

    cache = lru_cache(maxsize=_KEPT_PER_BUILDER)(built)
    _caches.append(cache)
    return cast("Callable[P, T]", cache)


def clear_caches() -> None:
    """Drop every compiled program that bayesdrop keeps, and JAX's own if JAX is loaded.

    A fit keeps its compiled program for the next fit of the same model and settings to data of
    the same shape. In a process that fits many different models those programs fill the memory;
    this frees them. Results and their draws are untouched, and the next fit compiles anew. On Linux
    bayesdrop does it by itself before XLA has no mappings of memory left.
    """
    for cache in _caches:
        cache.cache_clear()
    if "jax" in sys.modules:
        sys.modules["jax"].clear_caches()
    gc.collect()  # compiled programs lie in reference cycles


def has_little_room() -> bool:
    """Say whether this process has used half of the mappings of memory that Linux lets it have.

    XLA makes some 2,000 for the programs of a fit, and ends the process where none is left. The
    limit is ``vm.max_map_count``, 65,530 by default. Other systems have none.
    """
    if "jax" not in sys.modules or not _LIMIT.exists():
        return False
    return _MAPPINGS.read_bytes().count(b"\n") > _FULL * int(_LIMIT.read_text())

"""What JAX, PyTorch and NumPy raise for want of memory, in words: how much, and what to lower.

They are told by their text, as none of them is loaded for it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from bayesdrop.spec import Spec

_SIGNS = {
    "RESOURCE_EXHAUSTED": "JAX",
    "CUDA_ERROR_OUT_OF_MEMORY": "JAX",
    "CUDA out of memory": "PyTorch",
    "DefaultCPUAllocator": "PyTorch",
    "MPS backend out of memory": "PyTorch",
    "Unable to allocate": "NumPy",
}
"""What a library writes → its name."""

_SIZE = re.compile(r"allocat(?:e|ing)(?: request for)? ([\d.]+) ?(bytes|[KMGTP]i?B)\b")
_UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB", "PiB")

_COUNTS = (
    "batch_size",
    "num_chains",
    "num_particles",
    "num_samples",
    "num_passes",
    "num_members",
    "num_draws",
)
"""Settings of methods that memory grows with."""


class OutOfMemoryError(MemoryError):
    """The message says what was asked for and what to lower."""


def words_of(error: BaseException) -> str | None:
    """What of the memory ``error`` says, such as "JAX could not allocate 37.3 GiB", or ``None``."""
    if not isinstance(error, (MemoryError, RuntimeError)):
        return None
    text = str(error)
    if isinstance(error, OutOfMemoryError):
        return text
    library = next((name for sign, name in _SIGNS.items() if sign in text), None)
    if library is None and not isinstance(error, MemoryError):
        return None
    size = _SIZE.search(text)
    amount = "more memory" if size is None else _readable(float(size[1]), size[2])
    return f"{library or 'Python'} could not allocate {amount}"


def fitting(method: Spec, num_fits: int = 1) -> AbstractContextManager[None]:
    """Run the block, fits by ``method``; one that lacks memory says which settings to lower.

    Raises
    ------
    OutOfMemoryError
        There was not enough memory.
    """
    return _in_words(type(method).__name__, lambda: _advice(method, num_fits))


def predicting() -> AbstractContextManager[None]:
    """Run the block, a prediction; one that lacks memory says what needs less.

    Raises
    ------
    OutOfMemoryError
        There was not enough memory.
    """
    return _in_words(
        "The prediction",
        lambda: (
            "Predict fewer rows at a time, or give return_std=True, which needs no array of "
            "all draws and rows"
        ),
    )


@contextmanager
def _in_words(what: str, advice: Callable[[], str]) -> Iterator[None]:
    try:
        yield
    except OutOfMemoryError:
        raise
    except (MemoryError, RuntimeError) as error:
        if (words := words_of(error)) is None:
            raise
        raise OutOfMemoryError(f"{what} ran out of memory: {words}. {advice()}") from error


def _advice(method: Spec, num_fits: int) -> str:
    """What makes the fits smaller."""
    settings = _settings(method)
    lower = [f"{name} (now {n})" for name in _COUNTS if (n := settings.get(name) or 0) > 1]
    ways = [f"give a smaller {_listed(lower)}"] if lower else []
    if "batch_size" in settings and settings["batch_size"] is None:
        ways.append("give a batch_size")
    if settings.get("chain_method", "sequential") != "sequential":
        ways.append('give chain_method="sequential"')
    if num_fits > 1:
        ways.append(f"fit fewer than {num_fits} data sets at once")
    words = ", or ".join([*ways, "take a smaller network or fewer rows"])
    return words[0].upper() + words[1:]


def _settings(method: Spec) -> dict[str, Any]:
    """The fields of the method, and those of the method that it runs."""
    found = method.__getstate__()
    for value in method.__getstate__().values():
        if isinstance(value, Spec) and value.kind == method.kind:
            found = _settings(value) | found
    return found


def _listed(words: list[str]) -> str:
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _readable(amount: float, unit: str) -> str:
    if unit != "bytes":
        return f"{amount:g} {unit}"
    power = 0
    while amount >= 1024 and power < len(_UNITS) - 1:
        amount, power = amount / 1024, power + 1
    return f"{amount:.3g} {_UNITS[power]}"

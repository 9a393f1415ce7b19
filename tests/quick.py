"""Which parameters of a test are in the quick suite."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest


def quick(every: Iterable[Any], kept: Callable[[Any], bool]) -> list[Any]:
    """Return parameters for ``pytest.mark.parametrize``: those that are not kept are slow."""
    return [one if kept(one) else _slow(one) for one in every]


def _slow(one: Any) -> Any:
    return pytest.param(*(one if isinstance(one, tuple) else (one,)), marks=pytest.mark.slow)

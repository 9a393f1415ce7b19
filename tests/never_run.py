"""A method for tests of what is refused before any work."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

import bayesdrop as bd


@dataclass(frozen=True)
class NeverRun(bd.Inference):
    """Fails the test if a fit gets as far as running it."""

    def supports(self, model: bd.Model) -> str | None:
        return None

    def run(self, *_: Any, **__: Any) -> Any:
        pytest.fail("work was done on bad input")

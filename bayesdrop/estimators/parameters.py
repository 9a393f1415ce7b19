"""The fields of a model or a method as scikit-learn's nested parameters: ``model__network__depth``.

So a grid search can vary the width of a network or the number of draws.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bayesdrop.spec import Spec


def nested(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """``parameters``, and the fields of those that are specs, at any depth."""
    found: dict[str, Any] = {}
    for name, value in parameters.items():
        found[name] = value
        if isinstance(value, Spec):
            inner = nested(value.__getstate__())
            found.update({f"{name}__{field}": content for field, content in inner.items()})
    return found

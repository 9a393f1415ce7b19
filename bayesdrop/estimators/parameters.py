"""The fields of a model or a method as scikit-learn's nested parameters: ``model__network__depth``.

So a grid search can vary the width of a network or the number of draws.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
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


def replaced(value: Any, path: Sequence[str], content: Any) -> Any:
    """``value`` with its field at ``path`` set to ``content``.

    Raises
    ------
    ValueError
        There is no such field.
    """
    if not path:
        return content
    name, *rest = path
    fields: dict[str, Any] = value.__getstate__() if isinstance(value, Spec) else {}
    if name not in fields:
        known = ", ".join(fields) or "none"
        raise ValueError(f"{value!r} has no parameter {name!r}: its parameters are {known}")
    changed = {name: replaced(fields[name], rest, content)}
    return dataclasses.replace(value, **changed)  # type: ignore[type-var]

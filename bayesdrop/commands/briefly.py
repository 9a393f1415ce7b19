"""Settings in one line of text."""

from __future__ import annotations

import dataclasses

from bayesdrop.spec import Spec


def briefly(settings: Spec) -> str:
    """The class, and the settings that are not its defaults."""
    chosen = []
    values = settings.__getstate__()
    for field in dataclasses.fields(settings):  # type: ignore[arg-type]
        value = values[field.name]
        if value != field.default:
            chosen.append(f"{field.name}={value!r}")
    return f"{type(settings).__name__}({', '.join(chosen)})"

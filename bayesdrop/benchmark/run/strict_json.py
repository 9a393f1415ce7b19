"""Measurements as strict JSON types, which have neither arrays nor numbers that are not finite."""

from __future__ import annotations

import math
from typing import Any

from array_api_compat import is_array_api_obj

from bayesdrop.spec import to_dict


def strict_json(measured: dict[str, Any]) -> dict[str, Any]:
    """Return ``measured`` as strict JSON types.

    Numbers are rounded to 10 digits. One that is not finite is null, and ``not_finite`` names it.

    Raises
    ------
    TypeError
        Something in it, which the message names, is of another type.
    """
    missing: list[str] = []
    plain = _strict(measured, "", missing)
    return {**plain, "not_finite": missing} if missing else plain


def _strict(value: Any, name: str, missing: list[str]) -> Any:
    if isinstance(value, dict):
        return {k: _strict(v, f"{name}.{k}".lstrip("."), missing) for k, v in value.items()}
    plain = value.tolist() if is_array_api_obj(value) else value  # type: ignore[union-attr]
    if isinstance(plain, (list, tuple)):
        return [_strict(v, f"{name}.{i}", missing) for i, v in enumerate(plain)]
    if isinstance(plain, float) and not math.isfinite(plain):
        missing.append(f"{name} is {plain}")
        return None
    if isinstance(plain, float):
        return float(f"{plain:.10g}")
    try:
        return to_dict(plain)
    except TypeError:
        raise TypeError(
            f"{name} is a {type(plain).__name__}: a record holds numbers, texts, lists and dicts"
        ) from None

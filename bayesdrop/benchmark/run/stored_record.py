"""A record as it is stored: values of JSON, and what is asked of them."""

from __future__ import annotations

import math
from typing import Any

Record = dict[str, Any]


def diagnostic(record: Record, name: str) -> Any:
    """Return that diagnostic of a record, infinity included, or ``None`` if there is none."""
    infinite = f"diagnostics.{name} is inf" in record.get("not_finite", ())
    return math.inf if infinite else record["diagnostics"].get(name)


def error_line(record: Record) -> str:
    """Return the type and the message of a failed record's error, on one line."""
    error = record["error"]
    return f"{error['type']}: {' '.join(error['message'].split())}"

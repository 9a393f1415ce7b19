"""A record as it is stored: values of JSON, and what is asked of them."""

from __future__ import annotations

import math
from typing import Any

from bayesdrop.wording import one_line

Record = dict[str, Any]

LARGEST = 1e100
"""Numbers of a record are at most this, so that reports can square and sum them."""


def diagnostic(record: Record, name: str) -> Any:
    """Return that diagnostic of a record, infinity included, or ``None`` if there is none."""
    infinite = f"diagnostics.{name} is inf" in record.get("not_finite", ())
    return math.inf if infinite else record["diagnostics"].get(name)


def error_line(record: Record) -> str:
    """Return the type and the message of a failed record's error, on one line."""
    return one_line(f"{record['error']['type']}: {record['error']['message']}")


def reason_line(record: Record) -> str:
    """Return why a record is no result, on one line: why it was skipped, or its error."""
    return one_line(record["reason"]) if "reason" in record else error_line(record)

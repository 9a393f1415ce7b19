"""What a record must hold to be read: its fields, their types, and what must agree in it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
)

from bayesdrop.benchmark.run.cell import configuration_of, seed_of
from bayesdrop.benchmark.run.stored_record import LARGEST
from bayesdrop.files import field_at
from bayesdrop.spec import digest

Name = Annotated[str, StringConstraints(pattern=r"^[^/\\\x00-\x1f\x7f]+$", max_length=200)]
"""A name becomes part of the names of files, and a line of a table."""
Line = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f-\x9f]*$")]
"""Text that a report shows, without what a terminal would take for a command."""
Count = Annotated[int, Field(ge=0, le=10**15)]
Number = Annotated[float, Field(allow_inf_nan=False, ge=-LARGEST, le=LARGEST)]
Seconds = Annotated[float, Field(allow_inf_nan=False, ge=0, le=1e12)]


class _Part(BaseModel):
    """Values are never converted, and fields that later versions add are left alone."""

    model_config = ConfigDict(strict=True, extra="ignore", protected_namespaces=())


class _Specification(_Part):
    type: str


class _Dataset(_Part):
    name: Name
    sha256: str


class _Settings(_Part):
    model: _Specification
    inference: _Specification
    dataset: _Dataset
    split: Count
    seed: Count
    seeds: Literal["drawn"] | None = None
    revision: int


class _Diagnostics(_Part):
    converged: bool | None = None
    problems: dict[Line, Line] = {}
    summary: Line = ""
    max_rhat_f: Number | None = None
    share_rhat_f_above_1_05: Number | None = None
    divergences: int | None = None


class _Info(_Part):
    device: Line = ""
    gradients: Number = 0
    excluded_chains: list[Any] = []


class _Platform(_Part):
    system: Line
    machine: Line
    processors: int | None
    processor: Line = ""
    accelerator: Line = ""


class _Error(_Part):
    type: str
    message: str
    traceback: str = ""


class _Cell(_Part):
    key: str
    model: Name
    inference: Name
    dataset: Name
    split: Count
    seed: Count
    revision: int
    configuration: Line
    seconds: dict[str, Seconds]
    versions: dict[Line, Line]
    source: Line = ""
    platform: _Platform
    started: Line
    finished: Line
    jobs: Annotated[int, Field(ge=1)]
    settings: _Settings
    info: _Info = _Info()
    not_finite: list[str] = []


class _Done(_Cell):
    status: Literal["ok"]
    metrics: Annotated[dict[Line, Number], Field(min_length=1)]
    diagnostics: _Diagnostics
    pit_histogram: Annotated[list[Number], Field(min_length=20, max_length=20)] | None = None
    n_train: Count
    n_test: Count
    n_features: Count


class _Skipped(_Cell):
    status: Literal["skipped"]
    reason: str


class _Failed(_Cell):
    status: Literal["failed"]
    error: _Error


_RECORD: TypeAdapter[_Done | _Skipped | _Failed] = TypeAdapter(
    Annotated[_Done | _Skipped | _Failed, Field(discriminator="status")]
)


def fault_of(record: dict[str, Any], name: str) -> str | None:
    """Say what is wrong with a record that was read from ``<name>.json``, or return ``None``.

    The words are to be read after the file's name.
    """
    try:
        _RECORD.validate_python(record)
    except ValidationError as error:
        return _first(error)
    settings = record["settings"]
    if "total" not in record["seconds"]:
        return "lacks seconds.total"
    if record["key"] != name:
        return f"is the record of another key, {record['key'][:12]}…"
    if digest(settings) != name:
        return "has other settings than those of its key"
    expected = {
        "dataset": settings["dataset"]["name"],
        "split": settings["split"],
        "revision": settings["revision"],
        "seed": seed_of(settings),
        "configuration": digest(configuration_of(settings))[:12],
    }
    for field, value in expected.items():
        if record[field] != value:
            return f"says {field} {record[field]!r}, and its settings {value!r}"
    return None


def _first(error: ValidationError) -> str:
    """The first thing that is wrong, in words."""
    found = error.errors(include_url=False, include_input=False)
    missing = [_field(one["loc"]) for one in found if one["type"] == "missing"]
    if missing:
        return f"lacks {', '.join(missing)}"
    return f"has a wrong {_field(found[0]['loc']) or 'status'}: {found[0]['msg']}"


def _field(location: tuple[int | str, ...]) -> str:
    """``info.device`` for ("ok", "info", "device"): the kind of record is no field."""
    parts = location[1:] if location[:1] in (("ok",), ("skipped",), ("failed",)) else location
    return field_at(parts)

"""What ran: resolved settings, versions and devices, enough to reproduce each number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from bayesdrop.benchmark.store import Record
from bayesdrop.spec import canonical_json


class Settings(NamedTuple):
    """Of all records, each once and sorted.

    Attributes
    ----------
    models, methods
        (name, canonical JSON) pairs; a method's name carries its revision.
    versions, devices
        Texts.
    """

    models: list[tuple[str, str]]
    methods: list[tuple[str, str]]
    versions: list[str]
    devices: list[str]


def settings_of(records: Sequence[Record]) -> Settings:
    """The settings of all records."""
    models, methods, versions, devices = set(), set(), set(), set()
    for record in records:
        models.add((record["model"], canonical_json(record["settings"]["model"])))
        name = f"{record['inference']}, revision {record['revision']}"
        methods.add((name, canonical_json(record["settings"]["inference"])))
        versions.add(", ".join(f"{name} {v}" for name, v in sorted(record["versions"].items())))
        devices.add(str(record.get("info", {}).get("device", "")))
    found = [sorted(models), sorted(methods), sorted(versions), sorted(devices - {""})]
    return Settings(*found)

"""What ran: resolved settings, seeds, data, versions and machines, to reproduce each number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from bayesdrop.benchmark.store import Record
from bayesdrop.spec import canonical_json


class Settings(NamedTuple):
    """Of all records, each once and sorted.

    Attributes
    ----------
    rows
        (what it is, canonical JSON of the model, of the method) of every model, method and
        configuration.
    data
        Name and SHA-256.
    versions, machines
        Texts.
    """

    rows: list[tuple[str, str, str]]
    data: list[str]
    versions: list[str]
    machines: list[str]


def settings_of(records: Sequence[Record]) -> Settings:
    """The settings of all records."""
    rows, data, versions, machines = set(), set(), set(), set()
    for record in records:
        settings = record["settings"]
        texts = [canonical_json(settings[kind]) for kind in ("model", "inference")]
        rows.add((_name(record), *texts))
        if "dataset" in settings:
            data.add(f"{settings['dataset']['name']} {settings['dataset']['sha256']}")
        versions.add(", ".join(f"{name} {v}" for name, v in sorted(record["versions"].items())))
        machines.add(_machine(record))
    return Settings(sorted(rows), sorted(data), sorted(versions), sorted(machines))


def _name(record: Record) -> str:
    return (
        f"{record['model']} × {record['inference']}: configuration {record['configuration']}, "
        f"revision {record['revision']}, seed {record['seed'] - record['split']} + the split's"
    )


def _machine(record: Record) -> str:
    where, device = record["platform"], record.get("info", {}).get("device", "")
    jobs = record["jobs"]
    parts = [
        f"{where['system']} {where['machine']}, {where['processors']} processors",
        device,
        f"{jobs} process{'es' if jobs > 1 else ''}",
    ]
    return ", ".join(part for part in parts if part)

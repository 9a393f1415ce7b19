"""What ran: resolved settings, seeds, data, versions and machines, to reproduce each number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from bayesdrop.benchmark.run.stored_record import Record
from bayesdrop.spec import canonical_json


class Settings(NamedTuple):
    """This lists what ran, each once and sorted.

    Attributes
    ----------
    configurations
        (what it is, and under which versions and on which machines, by number; canonical JSON of
        the model; of the method) of every model, method and configuration.
    data
        The name and SHA-256 of each data set.
    versions, machines
        Their descriptions; number 1 is the first.
    """

    configurations: list[tuple[str, str, str]]
    data: list[str]
    versions: list[str]
    machines: list[str]


def settings_of(records: Sequence[Record]) -> Settings:
    """Gather the settings of all records."""
    versions = sorted({_versions(record) for record in records})
    machines = sorted({_machine(record) for record in records})
    ran: dict[tuple[str, str, str], tuple[set[int], set[int]]] = {}
    data = set()
    for record in records:
        settings = record["settings"]
        model, method = (canonical_json(settings[kind]) for kind in ("model", "inference"))
        under, on = ran.setdefault((_name(record), model, method), (set(), set()))
        under.add(1 + versions.index(_versions(record)))
        on.add(1 + machines.index(_machine(record)))
        if "dataset" in settings:
            data.add(f"{settings['dataset']['name']} {settings['dataset']['sha256']}")
    configurations = [
        (f"{name}; versions {_numbers(under)}, machine {_numbers(on)}", model, method)
        for (name, model, method), (under, on) in sorted(ran.items())
    ]
    return Settings(configurations, sorted(data), versions, machines)


def numbered(texts: Sequence[str]) -> str:
    """Join the texts in one, each with its number."""
    return "; ".join(f"({number}) {text}" for number, text in enumerate(texts, 1))


def _numbers(found: set[int]) -> str:
    return " and ".join(map(str, sorted(found)))


def _name(record: Record) -> str:
    return (
        f"{record['model']} × {record['inference']}: configuration {record['configuration']}, "
        f"revision {record['revision']}, seed {record['seed'] - record['split']} + the split's"
    )


def _versions(record: Record) -> str:
    found = ", ".join(f"{name} {version}" for name, version in sorted(record["versions"].items()))
    return f"{found} (source {record['source']})" if "source" in record else found


def _machine(record: Record) -> str:
    where, device = record["platform"], record.get("info", {}).get("device", "")
    jobs = record["jobs"]
    parts = [
        f"{where['system']} {where['machine']}, {where['processors']} processors",
        where.get("processor", ""),
        where.get("accelerator", ""),
        device,
        f"{jobs} process{'es' if jobs > 1 else ''}",
    ]
    return ", ".join(part for part in parts if part)

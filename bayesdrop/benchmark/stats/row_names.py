"""Which row of a report a record belongs to, and what that row is called."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from bayesdrop.benchmark.run.stored_record import Record
from bayesdrop.suite import Suite, stem

Pair = tuple[str, str]  # model, method


class RowName(NamedTuple):
    """This names the model, the method, and both together.

    ``label`` is the suite's own, or ``model × method``; it is one for all datasets, also where
    each has a method of its own. ``position`` is its place in the suite; rows of no suite are last.
    ``earlier`` says that the row was run with other settings since, which have its plain name.
    """

    position: int
    model: str
    method: str
    label: str
    earlier: bool = False


def row_names(
    records: Sequence[Record],
    suite: Suite | None = None,
    configurations: Mapping[str, str] | None = None,
) -> dict[str, RowName]:
    """Return key → the row of every record.

    Several configurations of one model and method are never averaged together: the plain name is
    that of the one in ``configurations`` (``"model × method"`` → its digest) or, where that has no
    result, of the one with the latest. Nor are the revisions of a method: what was run by an older
    one than the newest among all results is not compared with the others. Names of what is not
    current carry its revision, or where that does not tell it apart the first digits of its
    configuration.
    """
    labels = {} if suite is None else _labels(suite)

    newest: dict[str, int] = {}
    found: dict[Pair, dict[str, Record]] = {}
    for record in sorted(
        records, key=lambda record: (record["status"] == "ok", record["finished"])
    ):
        if record["status"] == "ok":
            newest[_type(record)] = max(record["revision"], newest.get(_type(record), 0))
        of_pair = found.setdefault(_pair(record), {})
        of_pair.pop(record["configuration"], None)
        of_pair[record["configuration"]] = record
    noted = configurations or {}
    current = {pair: _current(of, noted.get(" × ".join(pair))) for pair, of in found.items()}
    names = {}
    for record in records:
        pair = _pair(record)
        general = len(labels), " × ".join(pair)
        position, label = labels.get((*pair, record["dataset"]), general)
        is_current = record["configuration"] == current[pair]
        earlier = not is_current or record["revision"] < newest.get(_type(record), 0)
        version = _version(record, found[pair].values()) if earlier else ""
        names[record["key"]] = RowName(
            position, pair[0], pair[1] + version, label + version, earlier
        )
    return names


def _pair(record: Record) -> Pair:
    return record["model"], record["inference"]


def _current(latest: Mapping[str, Record], noted: str | None) -> str:
    """The configuration that has the plain name; ``latest`` has those with results last."""
    if noted is not None and noted in latest and latest[noted]["status"] == "ok":
        return noted
    return list(latest)[-1]


def _type(record: Record) -> str:
    """The method's, and those of all methods that it runs: a stack or a search is of several."""
    return " of ".join(_types(record["settings"]["inference"]))


def _types(settings: Any) -> Iterator[str]:
    """Every type of a method in these settings, the outermost first."""
    if isinstance(settings, list):
        for one in settings:
            yield from _types(one)
    elif isinstance(settings, dict):
        own = str(settings.get("type", ""))
        if own.startswith("inference:"):
            yield own
        for one in settings.values():
            yield from _types(one)


def _version(record: Record, configurations: Iterable[Record]) -> str:
    revision = record["revision"]
    alone = [other["revision"] for other in configurations].count(revision) == 1
    return f" (revision {revision})" if alone else f" ({record['configuration'][:6]})"


def _labels(suite: Suite) -> dict[tuple[str, str, str], tuple[int, str]]:
    """(model, method, data set) → the row's place and label."""
    labels: dict[tuple[str, str, str], tuple[int, str]] = {}
    for position, row in enumerate(suite.every_row):
        for dataset in suite.dataset_names:
            method = stem(row.inference).replace("{dataset}", dataset)
            labels.setdefault((stem(row.model), method, dataset), (position, row.title))
    return labels

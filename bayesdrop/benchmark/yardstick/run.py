"""The pairs of a suite that have no record yet, one after the other; then the table and picture."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from bayesdrop import catalog
from bayesdrop.benchmark.run.json_files import read_json, write_json
from bayesdrop.benchmark.yardstick.pair import Pair, Record
from bayesdrop.benchmark.yardstick.picture import trust_picture
from bayesdrop.benchmark.yardstick.table import write_table
from bayesdrop.files import remove_leftovers
from bayesdrop.progress import LineProgress, log
from bayesdrop.references.library import available, reference
from bayesdrop.references.suite import ReferenceSuite
from bayesdrop.show.style import save
from bayesdrop.wording import unknown

PICTURE, TABLE = "trust.png", "distances.csv"
"""What a results folder holds beside its records."""

_ALWAYS = {"wasserstein", "mean_bias", "sd_error", "sd_bias"}
_AGAIN = "delete it, and the next run measures it again"


def run_references(
    suite: ReferenceSuite,
    out: Path,
    inference: Iterable[str] | None = None,
    references: Iterable[str] | None = None,
) -> Counter[str]:
    """Run what has no record yet, and write the table and the picture of all there is.

    Every record is on disk as soon as its pair is measured. Pairs that failed are run again.

    Parameters
    ----------
    inference, references
        Only these of the suite's. Default ``None``: all.

    Returns
    -------
    counts
        The number of pairs that were ``"ok"``, ``"skipped"`` and ``"failed"``, and of those that
        were ``"kept"`` from before.

    Raises
    ------
    ValueError, FileNotFoundError
        Something named does not exist, ``out`` holds something else, or a record is damaged.
    """
    pairs = pairs_of(suite, inference, references)
    records = _folder_of_records(out)
    counts: Counter[str] = Counter()
    for number, pair in enumerate(pairs, 1):
        path = records / f"{pair.key}.json"
        if path.is_file() and _stands(read_json(path, _AGAIN), pair):
            counts["kept"] += 1
            continue
        record = pair.run(LineProgress())
        write_json(path, record)
        counts[record["status"]] += 1
        log.info("[%d/%d] %s", number, len(pairs), described(record))
    found = records_of(suite, out)
    write_table(found, out / TABLE)
    if any(record["status"] == "ok" for record in found):
        save(trust_picture(found), out / PICTURE)
    return counts


def pairs_of(
    suite: ReferenceSuite,
    inference: Iterable[str] | None = None,
    references: Iterable[str] | None = None,
) -> list[Pair]:
    """Return every method of the suite with every reference; see :func:`run_references`."""
    names = _chosen("reference", suite.references or available(), references)
    if not names:
        raise ValueError("no shipped reference has draws yet: bayesdrop list references")
    methods = [
        catalog.load("inference", name) for name in _chosen("method", suite.inference, inference)
    ]
    return [Pair(found, method) for found in map(reference, names) for method in methods]


def records_of(suite: ReferenceSuite, out: Path) -> list[Record]:
    """Return the records of the suite's pairs in a results folder, as far as there are any.

    Raises
    ------
    ValueError
        A record is damaged; the message names it.
    """
    paths = (out / "records" / f"{pair.key}.json" for pair in pairs_of(suite))
    return [read_json(path, _AGAIN) for path in paths if path.is_file()]


def described(record: Record) -> str:
    """Return a line on a record: its pair, and how far it is or why it was not measured."""
    name = f"{record['inference']} on {record['reference']}"
    if record["status"] != "ok":
        return f"{name}: {record['status']}: {record['reason']}"
    numbers = ", ".join(f"{what} {value:.3g}" for what, value in record["distance"].items())
    return f"{name}: {numbers}"


def _stands(record: Record, pair: Pair) -> bool:
    """Say whether measuring the pair again would change nothing.

    What was skipped may run now, as a package that was missing may be installed by now. A record
    that lacks what is measured of every pair is damaged.
    """
    if record["status"] == "skipped":
        return pair.unsupported is not None
    return record["status"] == "ok" and record["distance"].keys() >= _ALWAYS


def _folder_of_records(out: Path) -> Path:
    known = {"records", PICTURE, TABLE, "README.md"}
    if out.is_file():
        raise ValueError(f"{out} is a file: choose a folder with --out")
    strangers = [path.name for path in out.iterdir()] if out.exists() else []
    if others := sorted(set(strangers) - known):
        raise ValueError(
            f"{out} holds {others[0]}, which no folder of references has: choose another with --out"
        )
    records = out / "records"
    records.mkdir(parents=True, exist_ok=True)
    remove_leftovers(records)
    return records


def _chosen(what: str, values: tuple[str, ...], only: Iterable[str] | None) -> tuple[str, ...]:
    if only is None:
        return values
    chosen = tuple(dict.fromkeys(only))
    for value in chosen:
        if value not in values:
            raise ValueError(f"not in this suite: {unknown(what, value, values)}")
    return chosen

"""Running a suite: the cells that have no result yet, one after the other or in processes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Mapping
from contextlib import closing
from pathlib import Path

from bayesdrop.benchmark.run.cell import Cell
from bayesdrop.benchmark.run.cluster import run_on_cluster
from bayesdrop.benchmark.run.cost import stated_cost
from bayesdrop.benchmark.run.plan import (
    Group,
    Selection,
    cells_of,
    configurations_of,
    unfinished,
)
from bayesdrop.benchmark.run.progress import run_progress
from bayesdrop.benchmark.run.store import Store
from bayesdrop.benchmark.run.stored_record import Record
from bayesdrop.benchmark.run.worker import run_group
from bayesdrop.catalog import load
from bayesdrop.progress import Progress, log
from bayesdrop.suite import Suite


def run_missing(
    suite: str | Path | Suite,
    out: str | Path,
    jobs: int = 1,
    only: Selection | None = None,
    scheduler: str | None = None,
) -> Counter[str]:
    """Run the cells of a suite that have no result yet.

    A cell that failed is run again, and one that was skipped if its method can run the model now.
    A record that is damaged is put aside, with a warning that names it, and its cell is run again.

    What is to run, and about how long it will take, is logged before it starts. Every result is
    on disk as soon as its cell is finished: after an interruption of any kind the same call runs
    exactly what is missing, and finds what one run would have found, to the last bit, if the
    machine, the versions and the number of threads are those of before. Where a method fits the
    splits of a data set together, they are finished together, and a resumed run trains all of them
    again if one is missing; ``only`` makes the parts smaller, which changes last digits.

    Parameters
    ----------
    suite
        A name in the catalog, the path of a suite of your own, or a suite, which is given the
        name of the folder.
    out
        The results folder: this suite's, or a new one.
    jobs
        Processes to run in, workers of Dask; each takes the splits of one model, method and
        dataset at a time. Wall times compare only between cells that ran alone or under equal
        load; records say how many processes of their machine worked at once (``jobs``). Default
        1: this process.
    only
        The part of the suite to run. Default: all.
    scheduler
        The address of a running Dask scheduler, whose workers are used in place of ``jobs``. They
        must see ``out`` under the same path. Default: none.

    Returns
    -------
    counts
        The number of cells that were ``"ok"``, ``"skipped"`` and ``"failed"``, and of those that
        were ``"kept"`` from before.

    Raises
    ------
    ValueError, FileNotFoundError
        Something named does not exist, or ``out`` holds something else; before any work.
    ConnectionError
        There is no scheduler at that address.
    ChildProcessError
        Processes could not run a group of cells at all; what was finished is kept. (A cell that
        they die of, for example of lack of memory, is recorded as failed.)
    """
    store = Store(out)
    name, specified = _named(suite, store)
    store.check(name)
    cells = cells_of(specified, only)
    store.open(name, specified, configurations_of(cells))
    for damaged in store.set_aside():
        log.warning("%s %s: it is put aside in %s", damaged.path, damaged.fault, store.damaged)
    todo = [cell for cell in cells if not _has_result(store, cell)]
    old = {record["key"]: record["finished"] for record in store.records()}
    before = {cell.key: old[cell.key] for cell in todo if cell.key in old}
    counts = Counter({"kept": len(cells) - len(todo)})
    if todo:
        log.info("%s: %s", name, stated_cost(todo, len(cells), store.records()))
    with (
        run_progress(len(todo)) as progress,
        closing(
            _records(unfinished(cells, todo), store, before, jobs, scheduler, progress.inner)
        ) as records,
    ):
        for record in records:
            progress.finished(record)
            counts[record["status"]] += 1
    return counts


def _named(suite: str | Path | Suite, store: Store) -> tuple[str, Suite]:
    if isinstance(suite, Suite):
        return store.folder.resolve().name, suite
    entry = load("benchmarks", str(suite))
    return entry.name, entry.value


def _has_result(store: Store, cell: Cell) -> bool:
    """Say whether the cell has a result that running it again would not change.

    A skipped cell may run now, as what was missing may be installed by now.
    """
    record = store.read(cell.key)
    if record is None or record["status"] == "failed":
        return False
    skipped = record["status"] == "skipped"
    return not skipped or cell.inference.value.supports(cell.model.value) is not None


def _records(
    groups: list[Group],
    store: Store,
    before: Mapping[str, str],
    jobs: int,
    scheduler: str | None,
    progress: Progress,
) -> Generator[Record]:
    """Run what the groups lack; yield each record once it is on disk, also if others ran it."""
    if groups and (jobs > 1 or scheduler is not None):
        yield from run_on_cluster(groups, store, before, min(jobs, len(groups)), scheduler)
        return
    for group in groups:
        own = set()
        for record in run_group(group.cells, store, before, progress=progress):
            own.add(record["key"])
            yield record
        others = (store.read(cell.key) for cell in group.missing if cell.key not in own)
        yield from (record for record in others if record is not None)

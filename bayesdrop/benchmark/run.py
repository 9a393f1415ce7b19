"""Running a suite: the cells that have no result yet, one after the other or in processes."""

from __future__ import annotations

import multiprocessing
import os
import queue
import signal
from collections import Counter
from collections.abc import Generator
from contextlib import closing
from pathlib import Path
from typing import Any

from bayesdrop.benchmark.cell import Cell
from bayesdrop.benchmark.plan import Only, cells_of, groups_of
from bayesdrop.benchmark.progress import run_progress
from bayesdrop.benchmark.record import run_cells
from bayesdrop.benchmark.store import Record, Store
from bayesdrop.catalog import load
from bayesdrop.infer.progress import Progress

_LOOK_FOR_DEAD_WORKERS_EVERY_S = 1.0


def run(suite: str, out: str | Path, jobs: int = 1, only: Only | None = None) -> Counter[str]:
    """Run the cells of a suite that have no result yet; a failed one is run again.

    Every result is on disk as soon as its cell is finished: after an interruption of any kind
    the same call runs exactly what is missing. Where a method fits the splits of a data set
    together, they are finished together; ``only`` makes the parts smaller.

    Parameters
    ----------
    suite
        A name in the catalog, or the path of a suite of your own.
    out
        The results folder: this suite's, or a new one.
    jobs
        Processes to run in; each takes the splits of one model, method and dataset at a time.
        Wall times compare only between cells that ran alone or under equal load; records say
        how many ``jobs`` there were. Default 1.
    only
        The part of the suite to run. Default: all.

    Returns
    -------
    counts
        How many cells were ``"ok"``, ``"skipped"`` and ``"failed"``, and ``"kept"`` from before.

    Raises
    ------
    ValueError, FileNotFoundError
        Something named does not exist, or ``out`` holds something else; before any work.
    ChildProcessError
        A process died, for example of lack of memory; what was finished is kept.
    """
    entry = load("benchmarks", suite)
    store = Store(out)
    store.check(entry.name)
    cells = cells_of(entry.value, only)
    store.open(entry.name, entry.value)
    todo = [cell for cell in cells if not _has_result(store, cell)]
    counts = Counter({"kept": len(cells) - len(todo)})
    groups = groups_of(todo)
    jobs = max(1, min(jobs, len(groups)))
    with (
        run_progress(len(todo)) as progress,
        closing(_records(groups, jobs, store, progress.inner)) as records,
    ):
        for record in records:
            progress.finished(record)
            counts[record["status"]] += 1
    return counts


def _has_result(store: Store, cell: Cell) -> bool:
    record = store.read(cell.key)
    return record is not None and record["status"] != "failed"


def _records(
    groups: list[list[Cell]], jobs: int, store: Store, progress: Progress
) -> Generator[Record]:
    """Run the cells; yield each record once it is on disk."""
    if jobs > 1:
        yield from _in_processes(groups, jobs, store)
    else:
        for group in groups:
            yield from _run(group, jobs, store, progress)


def _run(
    group: list[Cell], jobs: int, store: Store, progress: Progress | None = None
) -> Generator[Record]:
    for outcome in run_cells(group, progress):
        record = {**outcome, "jobs": jobs}
        store.write(record)
        yield record


def _in_processes(groups: list[list[Cell]], jobs: int, store: Store) -> Generator[Record]:
    context = multiprocessing.get_context("spawn")
    tasks, finished = context.Queue(), context.Queue()
    for task in (*range(len(groups)), *[None] * jobs):
        tasks.put(task)
    workers = [
        context.Process(target=_work, args=(groups, jobs, store, tasks, finished), daemon=True)
        for _ in range(jobs)
    ]
    try:
        for worker in workers:
            worker.start()
        for _ in range(sum(map(len, groups))):
            yield _next(finished, workers)
    finally:
        for worker in workers:
            worker.terminate()
            worker.join()


def _next(finished: Any, workers: list[Any]) -> Record:
    while True:
        try:
            return finished.get(timeout=_LOOK_FOR_DEAD_WORKERS_EVERY_S)
        except queue.Empty:
            codes = [worker.exitcode for worker in workers if worker.exitcode]
            if codes:
                raise ChildProcessError(
                    f"a worker process died with exit code {codes[0]} (-9 is often a lack of "
                    "memory: use fewer --jobs); finished cells are kept, the same command "
                    "runs the rest"
                ) from None


def _work(groups: list[list[Cell]], jobs: int, store: Store, tasks: Any, finished: Any) -> None:
    """A worker: whole groups, so that one compiled program serves the splits of each."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C: the parent ends its workers
    threads = max(1, (os.cpu_count() or 1) // jobs)
    os.environ.setdefault("OMP_NUM_THREADS", str(threads))  # read when torch is imported
    parent = multiprocessing.parent_process()
    while (task := tasks.get()) is not None:
        for record in _run(groups[task], jobs, store):
            if parent is not None and not parent.is_alive():
                return
            finished.put(record)

"""Cells on the workers of Dask: processes of this machine, or of any that share a disk."""

from __future__ import annotations

import itertools
import logging
import os
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from bayesdrop.benchmark.cell import Cell
from bayesdrop.benchmark.record import failed_record
from bayesdrop.benchmark.store import Record, Store
from bayesdrop.benchmark.work import is_finished, work_on_cluster
from bayesdrop.infer.progress import log
from bayesdrop.spec import digest

if TYPE_CHECKING:
    from distributed import Client, Future

    Task = tuple[Future, list[Cell]]

_LOOK_EVERY_S = 0.2
_WAIT_FOR_A_SCHEDULER_S = 30
_WAIT_FOR_ITS_RETURN_S = 600


def run_on_cluster(
    groups: Sequence[Sequence[Cell]], store: Store, jobs: int, scheduler: str | None
) -> Generator[Record]:
    """Run each group as one task; yield each record once it is on disk.

    A worker that dies is replaced by another, which goes on with the group's next cell; a cell at
    which four have died is recorded as failed, and the others of its group are run. Tasks are
    named by what they run, and a remote scheduler keeps them if this process dies: the same call
    again then finds them under way. An interruption takes them back, but what a worker of another
    machine has begun it finishes. If the scheduler itself goes away, this waits for its return.

    Parameters
    ----------
    jobs
        Workers to start on this machine, if there is no ``scheduler``.
    scheduler
        Address of a running one, such as ``tcp://10.0.0.1:8786``.

    Raises
    ------
    ConnectionError
        There is no scheduler at that address, or it did not come back.
    ChildProcessError
        Workers could not run a group at all; everything else was run.
    """
    again = {r["key"]: r["finished"] for r in store.records() if r["status"] != "ok"}
    before = {cell.key: again[cell.key] for g in groups for cell in g if cell.key in again}
    waiting, patience = [list(group) for group in groups], _WAIT_FOR_A_SCHEDULER_S
    for attempt in itertools.count():
        with _connected(jobs, scheduler, patience) as client:
            threads: Any = client.nthreads()
            workers = len(threads)
            tasks = [(_submit(client, g, store, workers, before, attempt), g) for g in waiting]
            try:
                waiting = yield from _watched(client, tasks, store, workers, before)
            except (KeyboardInterrupt, GeneratorExit):
                client.cancel([future for future, _ in tasks], force=True)
                raise
        if not waiting:
            return
        log.info("%s cells are left, in a further round", sum(map(len, waiting)))
        patience = _WAIT_FOR_ITS_RETURN_S


@contextmanager
def _connected(jobs: int, scheduler: str | None, patience: float) -> Iterator[Client]:
    import dask.config
    from distributed import Client, LocalCluster

    if scheduler is None:
        threads = str(max(1, (os.cpu_count() or 1) // jobs))
        with (
            _environment_kept(),
            dask.config.set({"distributed.nanny.pre-spawn-environ": {}}),
            LocalCluster(
                n_workers=jobs,
                threads_per_worker=1,
                memory_limit=None,
                dashboard_address=None,  # type: ignore[arg-type]
                silence_logs=logging.CRITICAL,
                env={"OMP_NUM_THREADS": threads},
            ) as cluster,
            Client(cluster, set_as_default=False) as client,
        ):
            yield client
        return
    try:
        client = Client(scheduler, timeout=patience, set_as_default=False)
    except (OSError, ValueError) as error:
        raise ConnectionError(
            f"no Dask scheduler answers at {scheduler} ({error}): start one with `dask scheduler`, "
            "and workers with `dask worker ADDRESS --nthreads 1`; finished cells are kept, the "
            "same command runs the rest"
        ) from error
    with client:
        yield client


@contextmanager
def _environment_kept() -> Iterator[None]:
    """Undo what Dask sets for its workers in this process's environment."""
    before = dict(os.environ)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _watched(
    client: Client, tasks: list[Task], store: Store, workers: int, before: dict[str, str]
) -> Generator[Record, None, list[list[Cell]]]:
    """Yield records until every task is over or the scheduler lost; return what is missing then."""
    from distributed import KilledWorker

    broken: list[str] = []
    left: list[list[Cell]] = []
    while tasks:
        time.sleep(_LOOK_EVERY_S)
        reachable = client.status in ("running", "connecting")
        running = []
        for future, group in tasks:
            state = future.status if reachable else "lost"  # before looking: records come first
            for cell in [cell for cell in group if is_finished(store, cell, before)]:
                group.remove(cell)
                yield store.read(cell.key)  # type: ignore[misc]
            failure = future.exception() if state == "error" and group else None
            if isinstance(failure, KilledWorker):
                yield _died(group.pop(0), store, workers)
            elif failure is not None:
                broken.append(f"{group[0].label}: {failure}")
                group = []
            if state == "pending":
                running.append((future, group))
            elif group:
                left.append(group)
        tasks = running
    if broken:
        raise ChildProcessError(
            f"workers could not run {'; '.join(broken)}. Finished cells are kept, the same command "
            "runs the rest"
        )
    return left


def _died(cell: Cell, store: Store, workers: int) -> Record:
    """The record, written, of the cell at which a group's workers died again and again."""
    error = ChildProcessError(
        "several processes died at this cell, most often of lack of memory: use fewer --jobs"
    )
    record = {**failed_record(cell, error), "jobs": workers}
    store.write(record)
    return record


def _submit(
    client: Client,
    group: list[Cell],
    store: Store,
    jobs: int,
    before: dict[str, str],
    attempt: int,
) -> Future:
    """The group's task, or the one of that name which is under way already."""
    from distributed import fire_and_forget

    first, folder = group[0], store.folder.resolve()
    name = digest([str(folder), first.configuration, first.dataset, first.sha256, attempt])
    future = client.submit(
        work_on_cluster, list(group), Store(folder), jobs, before, key=f"bayesdrop-{name[:32]}"
    )
    fire_and_forget(future)
    return future

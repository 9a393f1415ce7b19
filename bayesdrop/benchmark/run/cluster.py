"""Cells on the workers of Dask: processes of this machine, or of any that share a disk."""

from __future__ import annotations

import itertools
import time
from collections.abc import Generator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from bayesdrop.benchmark.run.cell import Cell
from bayesdrop.benchmark.run.dask_client import connected
from bayesdrop.benchmark.run.plan import Group
from bayesdrop.benchmark.run.record import failed_record
from bayesdrop.benchmark.run.store import Store
from bayesdrop.benchmark.run.stored_record import Record
from bayesdrop.benchmark.run.worker import is_finished, run_group_on_dask
from bayesdrop.progress import log
from bayesdrop.spec import digest

if TYPE_CHECKING:
    from distributed import Client, Future

_LOOK_EVERY_S = 0.2
_WAIT_FOR_A_SCHEDULER_S = 30
_WAIT_FOR_ITS_RETURN_S = 600


class Task(NamedTuple):
    """This is a group under way, and its cells that are still missing.

    ``first`` says that it belongs to the first round, where another run's task may have its name.
    """

    future: Future
    group: Group
    missing: list[Cell]
    first: bool

    @property
    def found_none(self) -> bool:
        """Say whether none of the cells it lacked has a record yet."""
        return len(self.missing) == len(self.group.missing)


def run_on_cluster(
    groups: Sequence[Group],
    store: Store,
    before: Mapping[str, str],
    jobs: int,
    scheduler: str | None,
) -> Generator[Record]:
    """Run each group as one task; yield each record once it is on disk.

    A worker that dies is replaced by another, which goes on with the group's next cell. A group
    that four workers have died of goes on with what is left of it or, if they finished none of its
    cells, one by one; a cell that four die of alone is recorded as failed. Tasks are
    named by what they run, and a remote scheduler keeps them if this process dies: the same call
    again then finds them under way. An interruption takes them back, but what a worker of another
    machine has begun it finishes. If the scheduler itself goes away, this waits for its return.

    Parameters
    ----------
    before
        Key → when its record was finished, for cells that failed or were skipped and are run again.
    jobs
        The number of workers to start on this machine, if there is no ``scheduler``.
    scheduler
        The address of a running one, such as ``tcp://10.0.0.1:8786``.

    Raises
    ------
    ConnectionError
        There is no scheduler at that address, or it did not come back.
    ChildProcessError
        Workers could not run a group at all; everything else was run.
    """
    waiting, broken, patience = list(groups), [], _WAIT_FOR_A_SCHEDULER_S
    for attempt in itertools.count():
        with connected(jobs, scheduler, patience) as client:
            tasks = [_submit(client, group, store, before, attempt) for group in waiting]
            try:
                waiting = yield from _watched(client, jobs, tasks, store, before, broken)
            except (KeyboardInterrupt, GeneratorExit):
                client.cancel([task.future for task in tasks], force=True)
                raise
        if not waiting:
            break
        log.info(
            "%s cells are left, in a further round", sum(len(group.missing) for group in waiting)
        )
        patience = _WAIT_FOR_ITS_RETURN_S
    if broken:
        raise ChildProcessError(
            f"workers could not run {'; '.join(broken)}. Finished cells are kept, the same command "
            "runs the rest"
        )


def _watched(
    client: Client,
    jobs: int,
    tasks: list[Task],
    store: Store,
    before: Mapping[str, str],
    broken: list[str],
) -> Generator[Record, None, list[Group]]:
    """Yield records until every task is over or the scheduler lost; return what is missing then.

    Groups that workers can't run at all are named in ``broken``.
    """
    left: list[Group] = []
    while tasks:
        time.sleep(_LOOK_EVERY_S)
        if client.cluster is not None:
            client.cluster.scale(jobs)  # Dask gives up on a worker that is not back after 15 s
        reachable = client.status in ("running", "connecting")
        running = []
        for task in tasks:
            state = task.future.status if reachable else "lost"  # before looking: records first
            look = itertools.takewhile if state == "pending" else filter  # a task runs in order
            for cell in list(look(lambda cell: is_finished(store, cell, before), task.missing)):
                task.missing.remove(cell)
                yield store.read(cell.key)  # type: ignore[misc]
            if state == "pending":
                running.append(task)
            elif not task.missing:
                continue
            elif fault := _fault(task, state):
                broken.append(f"{task.missing[0].label}: {fault}")
            elif state == "error" and len(task.group.cells) == 1 and not task.first:
                yield _died(task.missing[0], store)
            elif state == "error" and task.found_none:
                left += [Group([cell], [cell]) for cell in task.missing]
            else:
                left.append(Group(task.group.cells, task.missing))
        tasks = running
    return left


def _fault(task: Task, state: str | None) -> str:
    """Why workers can't run what the task lacks; empty if it lost its worker or the scheduler."""
    from distributed import KilledWorker

    failure = task.future.exception() if state == "error" else None
    if failure is not None and not isinstance(failure, KilledWorker):
        return str(failure) or repr(failure)
    if state == "finished" and task.found_none and not task.first:
        return (
            "its worker finished and left no record; do all machines share the results folder, "
            "and run one version of bayesdrop and of your own modules?"
        )
    return ""


def _died(cell: Cell, store: Store) -> Record:
    """The record, written, of a cell of which workers died again and again."""
    error = ChildProcessError(
        "four processes died at this cell, most often of lack of memory: use fewer --jobs"
    )
    record = {**failed_record(cell, error), "jobs": 1}
    store.write(record)
    return record


def _submit(
    client: Client, group: Group, store: Store, before: Mapping[str, str], attempt: int
) -> Task:
    """The group's task, or the one of that name which is under way already."""
    from distributed import fire_and_forget

    first, folder = group.cells[0], store.folder.resolve()
    splits = [[cell.split for cell in cells] for cells in group] if attempt else []
    name = digest([str(folder), first.configuration, first.data_settings, attempt, splits])
    future = client.submit(
        run_group_on_dask, group.cells, Store(folder), before, key=f"bayesdrop-{name[:32]}"
    )
    fire_and_forget(future)
    return Task(future, group, list(group.missing), first=attempt == 0)

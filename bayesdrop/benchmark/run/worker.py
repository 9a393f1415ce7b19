"""What a worker does with cells: it runs them and writes each record once."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence

from bayesdrop.benchmark.run.cell import Cell
from bayesdrop.benchmark.run.record import run_cells
from bayesdrop.benchmark.run.store import Store
from bayesdrop.benchmark.run.stored_record import Record
from bayesdrop.progress import Progress

_ONE_AT_A_TIME = threading.Lock()


def run_group(
    group: Sequence[Cell],
    store: Store,
    before: Mapping[str, str],
    jobs: int = 1,
    progress: Progress | None = None,
) -> Iterator[Record]:
    """Run cells that differ in the split alone; yield each record once it is on disk.

    A cell that is finished is not recorded again. The group is still the whole one of its suite,
    so that fits train together as they would in a run that nothing interrupts.

    Parameters
    ----------
    before
        Key → when its record was finished, for cells that failed or were skipped and are run again.
        What another process finishes in the meantime is left to it.
    jobs
        The number of processes of this machine that work at once, for the records.
    """

    def is_missing(cell: Cell) -> bool:
        return not is_finished(store, cell, before)

    for outcome in run_cells(group, progress, is_missing):
        record = {**outcome, "jobs": jobs}
        store.write(record)
        yield record


def run_group_on_dask(group: Sequence[Cell], store: Store, before: Mapping[str, str]) -> None:
    """Run :func:`run_group` as a task of Dask: a process runs one, whatever threads it has.

    Raises
    ------
    FileNotFoundError
        This machine does not see the results folder.
    """
    if not store.folder.is_dir():
        raise FileNotFoundError(
            f"a worker does not see the results folder {store.folder}: it must lie on a disk "
            "that all machines share"
        )
    with _ONE_AT_A_TIME:
        for _ in run_group(group, store, before, _workers_of_this_machine()):
            pass


def _workers_of_this_machine() -> int:
    from distributed import get_client, get_worker
    from distributed.comm.addressing import get_address_host

    workers: dict[str, int] = get_client().nthreads()  # type: ignore[assignment]
    here = get_address_host(get_worker().address)
    return max(1, sum(get_address_host(address) == here for address in workers))


def is_finished(store: Store, cell: Cell, before: Mapping[str, str]) -> bool:
    """Say whether the cell has a record other than the one it is run again for."""
    record = store.read(cell.key)
    return record is not None and record["finished"] != before.get(cell.key)

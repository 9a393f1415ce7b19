"""A connection to Dask: to workers of this machine, or to a scheduler that is there."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from bayesdrop.benchmark.run.machine import threads_of_each

if TYPE_CHECKING:
    from distributed import Client

_ANY_PORT = "127.0.0.1:0"
"""Where Dask serves its state: its own default is one port, which a second run finds taken."""


@contextmanager
def connected(jobs: int, scheduler: str | None, patience: float) -> Iterator[Client]:
    """A client of the scheduler there, or of one of its own with ``jobs`` workers, while in use.

    Raises
    ------
    ConnectionError
        No scheduler answers at that address within ``patience`` seconds.
    """
    import dask.config
    from distributed import Client, LocalCluster

    if scheduler is None:
        with (
            _environment_kept(),
            dask.config.set({"distributed.nanny.pre-spawn-environ": {}}),
            LocalCluster(
                n_workers=jobs,
                threads_per_worker=1,
                memory_limit=None,
                scheduler_kwargs={"dashboard": False, "dashboard_address": _ANY_PORT},
                silence_logs=logging.CRITICAL,
                env=threads_of_each(jobs),
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
            "and workers with `dask worker ADDRESS --nthreads 1 --no-nanny`. Finished cells are "
            "kept, the same command runs the rest"
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

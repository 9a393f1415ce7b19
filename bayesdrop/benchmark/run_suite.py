"""``bayesdrop run`` from Python: the missing cells of a suite, then the report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from bayesdrop.catalog import load
from bayesdrop.references.suite import ReferenceSuite
from bayesdrop.suite import Suite


def run_suite(
    suite: str | Path | Suite | ReferenceSuite,
    out: str | Path,
    jobs: int = 1,
    scheduler: str | None = None,
    *,
    models: str | Iterable[str] | None = None,
    inference: str | Iterable[str] | None = None,
    datasets: str | Iterable[str] | None = None,
    splits: Iterable[int] | None = None,
) -> Counter[str]:
    """Run the cells of a suite that have no result yet, and write the report into the folder.

    The command ``bayesdrop run`` does the same and prints the table. Every result is on disk as
    soon as its cell is finished: after an interruption the same call runs what is missing. Cells
    that failed are run again.

    Parameters
    ----------
    suite
        A name in the catalog, the path of a file that defines ``SUITE``, or a
        :class:`~bayesdrop.Suite`, which is given the name of the folder ``out``. A
        :class:`~bayesdrop.ReferenceSuite` measures methods against reference posteriors: it runs in
        this process, and has no models and splits to choose from.
    out
        The results folder of this suite; it is made if it is not there.
    jobs
        The number of processes on this machine. Default 1: this process. A script that asks for
        more needs the guard ``if __name__ == "__main__":``, as each process imports it.
    scheduler
        The address of a running Dask scheduler, whose workers are used in place of ``jobs``. They
        must see ``out`` under the same path. Default: none.
    models, inference, datasets
        Run only these, named as in the suite. Default: all. References count as datasets.
    splits
        Run only these of the suite's splits, for example ``range(5)``. Default: all.

    Returns
    -------
    counts
        The number of cells that were ``"ok"``, ``"skipped"`` and ``"failed"``, and of those that
        were ``"kept"`` from before. ``out / "report.html"`` is the report.

    Raises
    ------
    ValueError, FileNotFoundError
        Something named does not exist, or ``out`` holds something else, or the suite has no such
        choice; no cell has run then.
    ConnectionError
        There is no scheduler at that address, or it did not come back.
    ChildProcessError
        Processes could not run some cells at all; finished ones are kept.

    Examples
    --------
    >>> import bayesdrop as bd
    >>> counts = bd.run_suite("quick", "results/quick", splits=range(1))  # doctest: +SKIP
    """
    from bayesdrop.benchmark.report.write import write_report
    from bayesdrop.benchmark.run.missing import run_missing
    from bayesdrop.benchmark.run.plan import Selection

    if jobs < 1:
        raise ValueError(f"run_suite(jobs={jobs}): give the number of processes, 1 or more")
    specified = suite if isinstance(suite, (Suite, ReferenceSuite)) else load_suite(suite)
    if isinstance(specified, ReferenceSuite):
        _check_choices(jobs=jobs, scheduler=scheduler, models=models, splits=splits)
        from bayesdrop.benchmark.yardstick.run import run_references

        return run_references(specified, Path(out), _names(inference), _names(datasets))
    assert not isinstance(suite, ReferenceSuite)
    only = Selection(
        _names(models),
        _names(inference),
        _names(datasets),
        None if splits is None else tuple(splits),
    )
    counts = run_missing(suite, out, jobs, only, scheduler)
    write_report(out)
    return counts


def load_suite(name: str | Path) -> Suite | ReferenceSuite:
    """Return the suite of that name in the catalog, or of a file that defines ``SUITE``."""
    return load("benchmarks", str(name)).value


def _check_choices(jobs: int, **others: object) -> None:
    """Refuse what a suite of references does not have."""
    given = [name for name, value in others.items() if value is not None]
    if jobs > 1:
        given.append("jobs")
    if given:
        raise ValueError(
            f"a suite of references runs in one process, and has no {given[0]} to choose: leave it "
            "out, and choose by inference and datasets"
        )


def _names(chosen: str | Iterable[str] | None) -> tuple[str, ...] | None:
    if chosen is None:
        return None
    return (chosen,) if isinstance(chosen, str) else tuple(chosen)

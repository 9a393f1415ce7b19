"""``bayesdrop run``: the cells of a suite, and their report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Names = Annotated[str | None, typer.Option(help="Run only these, separated by commas.")]


def run(
    suite: Annotated[
        str, typer.Argument(help="Name in the catalog, or a file that defines SUITE.")
    ],
    out: Annotated[Path, typer.Option(help="The results folder. A run that is there goes on.")],
    jobs: Annotated[int, typer.Option(min=1, help="How many processes run cells.")] = 1,
    scheduler: Annotated[
        str | None, typer.Option(help="The address of a Dask scheduler, in place of --jobs.")
    ] = None,
    splits: Annotated[
        str | None, typer.Option(help="Run only these, such as 0:5 or 0,3,7.")
    ] = None,
    models: Names = None,
    inference: Names = None,
    datasets: Names = None,
) -> None:
    """Run the cells of a suite that have no result yet. Then write the report and print it.

    A suite of your own may name models, methods and data sets of your own by their files.

    \b
    Examples:
    bayesdrop run quick --out results/quick
    bayesdrop run my_suite.py --out results/mine --jobs 2 --splits 0:5
    bayesdrop run references --out results/references --inference svi,map
    """
    from bayesdrop.benchmark.report.terminal import print_report
    from bayesdrop.benchmark.run.plan import Selection
    from bayesdrop.benchmark.run_suite import load_suite, run_suite
    from bayesdrop.benchmark.yardstick.terminal import print_distances
    from bayesdrop.references.suite import ReferenceSuite

    only = Selection.parse(models, inference, datasets, splits)
    counts = run_suite(
        suite,
        out,
        jobs,
        scheduler,
        models=only.models,
        inference=only.inference,
        datasets=only.datasets,
        splits=only.splits,
    )
    specified = load_suite(suite)
    if isinstance(specified, ReferenceSuite):
        page = print_distances(specified, out)
    else:
        page = out / "report.html"
        print_report(out)
    kept = f"{counts['kept']} kept from before, " if counts["kept"] else ""
    typer.echo(
        f"{kept}{counts['ok']} run, {counts['skipped']} skipped, {counts['failed']} failed; "
        f"report: {page}"
    )
    if counts["failed"]:
        raise typer.Exit(1)

"""``bayesdrop report``: the report of results folders."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer


def report(
    folders: Annotated[list[Path], typer.Argument(help="The results folders. Each has one suite.")],
    out: Annotated[
        Path | None, typer.Option(help="The folder to write to. Default: the results folder.")
    ] = None,
    figures: Annotated[
        Literal["png", "pdf", "svg"],
        typer.Option(help="The format of the pictures. pdf and svg are vectors, for a paper."),
    ] = "png",
    published: Annotated[
        Literal["all", "none"],
        typer.Option(help="Whether to show published scores in tables and pictures."),
    ] = "all",
) -> None:
    """Print which row is best, what has not converged, what is missing, and the tables.

    The report is written as HTML, Markdown, LaTeX, CSV and Parquet, with its pictures.

    \b
    Examples:
    bayesdrop report results/quick
    bayesdrop report results/poster results/peers --out results/both
    """
    from bayesdrop.benchmark.report.terminal import print_report
    from bayesdrop.benchmark.report.write import write_report

    written = write_report(*folders, out=out, figures=figures, published=published)
    print_report(*folders)
    typer.echo("wrote " + ", ".join(str(path) for path in written))

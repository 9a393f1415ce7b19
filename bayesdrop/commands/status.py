"""``bayesdrop status``: how far a suite is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def status(folder: Annotated[Path, typer.Argument(help="A results folder.")]) -> None:
    """Say how many cells of the folder's suite are done, and what failed.

    \b
    Examples:
    bayesdrop status results/quick
    """
    from bayesdrop.benchmark.run.status import status_lines

    for line in status_lines(folder):
        typer.echo(line)

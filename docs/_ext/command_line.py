"""The page of the command line: what ``--help`` says of every command."""

from __future__ import annotations

from typing import Any

import typer
from typer.cli import get_docs_for_click

PAGE = "api/command-line"


def read(app: Any, page: str, source: list[str]) -> None:
    """Append the documentation of every command."""
    if page != PAGE:
        return
    from bayesdrop.cli import app as commands

    command = typer.main.get_command(commands)
    context = typer.Context(command, info_name="bayesdrop")
    text = get_docs_for_click(obj=command, ctx=context, name="bayesdrop")
    source[0] += "\n" + text.partition("\n")[2].replace("\n# ", "\n## ")


def setup(app: Any) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("source-read", read)
    return {"parallel_read_safe": True}

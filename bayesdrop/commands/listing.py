"""``bayesdrop list``: the names that the other commands know."""

from __future__ import annotations

import shutil
import sys
import textwrap
from typing import Annotated

import typer


def list_names(
    kind: Annotated[
        str | None,
        typer.Argument(
            help="One of models, inference, benchmarks, references, datasets. Default: all."
        ),
    ] = None,
    names: Annotated[
        list[str] | None, typer.Argument(help="Models to describe in full. Give names or files.")
    ] = None,
) -> None:
    """List the names that the other commands know, each with a line on what it is.

    `list models` is a table of priors. With names it says which methods can run each model.

    \b
    Examples:
    bayesdrop list inference
    bayesdrop list models
    bayesdrop list models ard_add
    """
    from bayesdrop import catalog, data
    from bayesdrop.references.library import state_of
    from bayesdrop.wording import unknown

    if names and kind != "models":
        raise ValueError(f"only models are listed by name: bayesdrop list models {names[0]}")
    if kind == "models":
        from bayesdrop.show.terminal import print_each_model, print_models

        print_each_model(names) if names else print_models()
        return
    found = {
        which: {name: catalog.describe(which, name) for name in catalog.names(which)}
        for which in catalog.KINDS
    }
    for name, line in found["references"].items():
        found["references"][name] = f"{state_of(name):16}  {line}"
    found["datasets"] = {
        name: f"{data.describe(name)}. Licence: {data.licence(name)}"
        for name in data.dataset_names()
    }
    if kind is not None and kind not in found:
        raise ValueError(unknown("kind", kind, found))
    for which, entries in found.items():
        if kind in (None, which):
            width = max(map(len, entries), default=0)
            typer.echo(f"{which}:")
            for name, line in entries.items():
                typer.echo(_wrapped(f"  {name:{width}}  {line}".rstrip(), indent=width + 4))


def _wrapped(line: str, indent: int) -> str:
    """The line in the width of a terminal; as it is where it goes to a file or a pipe."""
    if not sys.stdout.isatty():
        return line
    columns = shutil.get_terminal_size().columns
    return textwrap.fill(line, max(columns, 2 * indent), subsequent_indent=" " * indent)

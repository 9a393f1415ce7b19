"""``bayesdrop data``: the data sets on this machine."""

from __future__ import annotations

from typing import Annotated

import typer

data_app = typer.Typer(
    no_args_is_help=True, help="Download data sets, and check those that are here."
)


@data_app.command("get")
def get_data(
    names: Annotated[
        list[str], typer.Argument(help="Names of data sets, or uci for the nine UCI sets.")
    ],
) -> None:
    """Download data sets and check them. Those that are there already are kept.

    \b
    Examples:
    bayesdrop data get uci
    bayesdrop data get yacht energy
    """
    from bayesdrop.data import get

    for name, path in get(names).items():
        typer.echo(f"{name}: {path}")


@data_app.command("verify")
def verify_data() -> None:
    """Check that every data set is here and has the right SHA-256."""
    from bayesdrop.data import verify

    found = verify()
    for name, state in found.items():
        typer.echo(f"{name:10} {state}")
    if "wrong hash" in found.values():
        raise typer.Exit(1)
